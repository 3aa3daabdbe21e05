package report

import (
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/vitals"
	"github.com/aafailover/aafailover/vitals/host"
)

// vitalsDocument is nil for nil.
func vitalsDocument(v *Vitals, snap *probe.Snapshot) *VitalsDocument {
	if v == nil {
		return nil
	}
	ids := make(map[string]map[int]string)
	for _, s := range v.Shards {
		if ids[s.Region] == nil {
			ids[s.Region] = make(map[int]string)
		}
		ids[s.Region][s.Index] = s.ID
	}
	return &VitalsDocument{Servers: convert(v.Shards, serverDocument), Machine: machineDocument(v.Machine),
		Links: convert(vitals.Beside(snap, v.Shards), func(e vitals.Explanation) ExplanationDocument {
			return ExplanationDocument{From: e.From, To: e.To, FromShard: ids[e.From][e.FromShard], ToShard: ids[e.To][e.ToShard], Kind: e.Kind, Text: e.Text}
		})}
}

func serverDocument(s vitals.Shard) ServerDocument {
	d := ServerDocument{Region: s.Region, Shard: s.ID, Address: s.Address, Failed: s.Failed, FailedAt: Timestamp(s.FailedAt), Denied: []string{}, Lacks: []string{},
		Settings: map[string]*string{},
		Remarks:  convert(s.Remarks, func(r vitals.Remark) RemarkDocument { return RemarkDocument(r) }),
		Copies:   convert(s.Copies, copyDocument)}
	l := s.Last
	if l == nil {
		return d
	}
	d.At = Timestamp(l.At)
	d.Denied, d.Lacks = convert(l.Denied, vitals.Command.String), convert(l.Lacks, vitals.Command.String)
	d.Name, d.Version, d.Mode, d.RunID = l.Name.Pointer(), l.Version.Pointer(), l.Mode.Pointer(), l.RunID.Pointer()
	d.Uptime, d.Loading = milliseconds(l.Uptime.Pointer()), l.Loading.Pointer()
	d.Replication = replicationDocument(&s)
	p, m, st := &l.Persistence, &l.Memory, &l.Stats
	d.Persistence = PersistenceDocument{AOF: p.AOF.Pointer(), AOFWriteOK: p.AOFWriteOK.Pointer(), AOFRewriteOK: p.AOFRewriteOK.Pointer(), AOFRewriting: p.AOFRewriting.Pointer(),
		SaveOK: p.SaveOK.Pointer(), Saving: p.Saving.Pointer(), LastSave: Timestamp(p.LastSave.Value), LastSaveTook: milliseconds(p.LastSaveTook.Pointer()), UnsavedWrites: p.UnsavedWrites.Pointer()}
	d.Memory = MemoryDocument{Used: m.Used.Pointer(), Limit: m.Limit.Pointer(), Policy: m.Policy.Pointer(), Fragmentation: m.Fragmentation.Pointer(), Wasted: m.Wasted.Pointer()}
	d.Stats = StatsDocument{OpsPerSecond: st.OpsPerSecond.Pointer(), EvictedKeys: st.EvictedKeys.Pointer(), EvictedPerSecond: s.Rates.Evicted.Pointer(),
		RejectedConnections: st.RejectedConnections.Pointer(), NetInput: st.NetInput.Pointer(), NetOutput: st.NetOutput.Pointer(),
		ReplicationInput: st.ReplicationInput.Pointer(), ReplicationOutput: st.ReplicationOutput.Pointer(), LatestFork: milliseconds(st.LatestFork.Pointer())}
	if l.Spikes.Known() {
		d.Latency = convert(l.Spikes.Value, func(s vitals.Spike) SpikeDocument {
			return SpikeDocument{Event: s.Event, At: Timestamp(s.At), Took: Milliseconds(s.Took), Max: Milliseconds(s.Max)}
		})
	}
	for name, f := range l.Settings {
		d.Settings[name] = f.Pointer()
	}
	return d
}

func replicationDocument(s *vitals.Shard) ReplicationDocument {
	r := &s.Last.Replication
	d := ReplicationDocument{Role: r.Role.Pointer(), ID: r.ID.Pointer(), Offset: r.Offset.Pointer(), EffectsPerSecond: s.Rates.Effects.Pointer(), Primary: r.PrimaryAddress.Pointer(),
		LinkUp: r.LinkUp.Pointer(), LastIO: milliseconds(r.LastIO.Pointer()), LinkDownFor: milliseconds(r.LinkDownFor.Pointer()), Syncing: r.Syncing.Pointer(),
		SyncTotal: r.SyncTotal.Pointer(), SyncRead: r.SyncRead.Pointer(), SyncLeft: r.SyncLeft.Pointer(), BacklogSize: r.BacklogSize.Pointer(), BacklogUsed: r.BacklogUsed.Pointer(),
		FullSyncs: r.FullSyncs.Pointer(), PartialSyncs: r.PartialSyncs.Pointer(), PartialFailures: r.PartialFailures.Pointer()}
	if r.Replicas.Known() {
		d.Replicas = convert(r.Replicas.Value, func(f vitals.Follower) FollowerDocument {
			behind := r.Behind(f)
			late := s.Rates.Late(behind)
			return FollowerDocument{Address: f.Address, State: f.State, Offset: f.Offset.Pointer(), Behind: behind.Pointer(),
				Late: milliseconds(late.Pointer()), Lag: milliseconds(f.Lag.Pointer())}
		})
	}
	return d
}

func copyDocument(c vitals.Copy) CopyDocument {
	return CopyDocument{ToThis: c.To, Other: c.Other, Count: c.Count, Began: Timestamp(c.Began), Least: Milliseconds(c.Least), Most: milliseconds(c.Most.Pointer()),
		Done: c.Done, Failed: c.Failed, Bytes: c.Bytes.Pointer(), AtMost: c.AtMost}
}

func machineDocument(l host.Load) MachineDocument {
	d := MachineDocument{For: Milliseconds(l.For), Retransmitted: l.Retransmitted, CPUPressure: some(l.CPUPressure), DiskPressure: some(l.DiskPressure),
		MemoryPressure: some(l.MemoryPressure), Unknown: list(l.Unknown),
		Disks: convert(l.Disks, func(d host.Disk) DiskDocument {
			return DiskDocument{Name: d.Name, Writes: d.Writes, Flushes: d.Flushes, WriteTime: Milliseconds(d.WriteTime), FlushTime: Milliseconds(d.FlushTime), Busy: d.Busy}
		}),
		Interfaces: convert(l.Interfaces, func(i host.Interface) InterfaceDocument { return InterfaceDocument(i) })}
	if c := l.CPU; c != nil {
		d.Busy, d.Wait, d.Steal = &c.Busy, &c.Wait, &c.Steal
	}
	return d
}

// some is the share of the time in which at least one task waited.
func some(p *host.Pressure) *float64 {
	if p == nil {
		return nil
	}
	return &p.Some
}
