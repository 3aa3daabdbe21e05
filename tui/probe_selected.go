package tui

// selected is what the reader has selected, for keys that do something to it: what the page that is seen is about, or else what is
// selected in the panel that has the focus. Where a page is about nothing of that kind, it is nothing.
func (m *Probe) selected() selection {
	if m.snap == nil {
		return selection{}
	}
	if p := m.page(); p != nil {
		switch p.kind {
		case regionPage:
			return selection{region: p.region}
		case linkPage:
			return selection{from: p.link.From, to: p.link.To}
		case cellPage:
			return m.shardOf(p.link.From, p.link.To, p.slot)
		}
		return selection{}
	}
	v := m.arrange()
	switch {
	case m.place == inRegions && len(v.regions) > 0:
		return selection{region: m.selectedRegion(v)}
	case m.place == inLinks && v.link != nil:
		return selection{from: v.link.From, to: v.link.To}
	case m.place == inShards && v.cell != nil:
		return m.shardOf(v.link.From, v.link.To, v.cell.Slot)
	}
	return selection{}
}

// shardOf is the shard that a cell leads from.
func (m *Probe) shardOf(from, to string, slot int) selection {
	l, r := m.snap.Link(from, to), m.snap.Region(from)
	if l == nil || r == nil {
		return selection{}
	}
	for i := range l.Cells {
		if c := &l.Cells[i]; c.Slot == slot && c.FromShard >= 0 && c.FromShard < len(r.Shards) {
			return selection{from: from, to: to, shard: c.FromShard + 1, address: r.Shards[c.FromShard].Address}
		}
	}
	return selection{}
}
