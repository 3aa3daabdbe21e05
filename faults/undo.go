package faults

import "github.com/aafailover/aafailover/drill"

// undoOf is the action that takes another one back.
func undoOf(a drill.Action) drill.Action {
	if a.Kind.OfLink() {
		return drill.Action{Kind: drill.Mend, From: a.From, To: a.To, OneWay: a.OneWay, Shard: a.Shard}
	}
	return drill.Action{Kind: drill.Start, Region: a.Region, Shard: a.Shard}
}

// undoes tells whether an action takes all of another one back.
func undoes(undo, a drill.Action) bool {
	switch {
	case undo.Kind.OfLink() != a.Kind.OfLink(), undo.Region != a.Region, undo.Shard != drill.AllShards && undo.Shard != a.Shard:
		return false
	case !undo.Kind.OfLink():
		return true
	case undo.OneWay:
		return a.OneWay && undo.From == a.From && undo.To == a.To
	}
	return undo.From == a.From && undo.To == a.To || undo.From == a.To && undo.To == a.From
}
