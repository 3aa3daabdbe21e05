package commands

import (
	"hash/maphash"
)

// asking is how a command asks for the state of items.
type asking uint8

const (
	asksNothing asking = iota
	asksKey            // EXISTS of one key
	asksString         // the item is a key
	asksStrings        // each argument is one
	asksField          // the item is a part of a key
	asksFields         // each argument behind the key is one
	asksFieldThere
	asksMember
	asksMembers
	asksScore
	asksScores
)

// asksOf returns how a command asks that changes nothing.
func asksOf(name string) asking {
	switch name {
	case "exists":
		return asksKey
	case "get":
		return asksString
	case "mget":
		return asksStrings
	case "hget":
		return asksField
	case "hmget":
		return asksFields
	case "hexists":
		return asksFieldThere
	case "sismember":
		return asksMember
	case "smismember":
		return asksMembers
	case "zscore":
		return asksScore
	case "zmscore":
		return asksScores
	}
	return asksNothing
}

// Asks appends the items whose state the reply to a request tells: GET, MGET, HGET, HMGET, SISMEMBER, SMISMEMBER, ZSCORE,
// ZMSCORE, HEXISTS, EXISTS of one key, GETEX, GETDEL. Those that are longer than MostText are appended as well, cut, with a Key
// that is nil.
func (c Command) Asks(dst []Item, args []Argument) []Item {
	if c.known == nil || len(args) < 2 {
		return dst
	}
	switch c.lore.asks {
	case asksKey:
		if len(args) == 2 {
			dst = append(dst, asked(args, 1, -1, WholeKey))
		}
	case asksString:
		dst = append(dst, asked(args, 1, -1, String))
	case asksStrings:
		for i := 1; i < len(args); i++ {
			dst = append(dst, asked(args, i, -1, String))
		}
	case asksField, asksFields, asksFieldThere:
		dst = appendAsked(dst, args, Field)
	case asksMember, asksMembers:
		dst = appendAsked(dst, args, Member)
	case asksScore, asksScores:
		dst = appendAsked(dst, args, Score)
	}
	return dst
}

func appendAsked(dst []Item, args []Argument, kind ItemKind) []Item {
	for i := 2; i < len(args); i++ {
		dst = append(dst, asked(args, 1, i, kind))
	}
	return dst
}

// asked is the item of a key and a part, by their arguments.
func asked(args []Argument, key, part int, kind ItemKind) Item {
	item := Item{Key: args[key].Text, Kind: kind}
	whole := args[key].Whole()
	if part >= 0 {
		item.Part = args[part].Text
		whole = whole && args[part].Whole()
	}
	if !whole {
		item.Key = nil
	}
	return item
}

// Found returns what the reply tells of the i-th item of Asks.
func (c Command) Found(i int, kind ItemKind, r Reply, seed maphash.Seed) State {
	if c.known == nil {
		return State{}
	}
	switch c.lore.asks {
	case asksNothing:
		return State{}
	case asksFieldThere:
		if r.Failed() {
			return State{}
		}
		return thereIf(r)
	case asksStrings, asksFields, asksMembers, asksScores:
		if i >= len(r.Elements) {
			return State{}
		}
		r = r.Elements[i]
	}
	if r.Failed() {
		return State{}
	}
	return StateOf(kind, r, seed)
}
