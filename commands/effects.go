package commands

import "hash/maphash"

// Effect is what a command leaves behind of one item.
type Effect struct {
	Item
	State State
}

// Effects appends what a request leaves behind if it is carried out: for each item, its state, which [State.Settle] makes final
// by the reply. What cannot be judged is a WholeKey in a state that is Unknown. Keys and parts point into args; those that
// are longer than MostText are left out, and counted in long.
func (c Command) Effects(dst []Effect, args []Argument, seed maphash.Seed) (effects []Effect, long int) {
	if !c.Writes {
		return dst, 0
	}
	p := plan{effects: dst, args: args, seed: seed}
	if c.lore.effects != nil && len(args) > 1 {
		p = c.lore.effects(p)
	} else {
		p = c.unknown(p)
	}
	return p.effects, p.long
}

// unknown is what a command leaves behind of which no more is known than the keys that it may change.
func (c Command) unknown(p plan) plan {
	var buffer [16]Key
	found, _ := c.Keys(buffer[:0], p.args)
	how := asSaid
	if c.lore.nullIsNothing {
		how = unlessNull
	}
	for _, k := range found {
		if k.Use != Reads {
			p.key(k.Index, State{reading: how})
		}
	}
	return p
}

// plan is what is found out about one request.
type plan struct {
	effects []Effect
	args    []Argument
	seed    maphash.Seed
	long    int
}

// key adds the effect on the key of an argument as a whole.
func (p *plan) key(i int, s State) { p.add(i, -1, WholeKey, s) }

// str adds the effect on a string, by the argument of its key.
func (p *plan) str(i int, s State) { p.add(i, -1, String, s) }

// add adds the effect on a part of a key, both by their arguments; part is -1 where it is the whole key.
func (p *plan) add(key, part int, kind ItemKind, s State) {
	if key >= len(p.args) || part >= len(p.args) {
		return // a request that the server refuses
	}
	item := Item{Key: p.args[key].Text, Kind: kind}
	whole := p.args[key].Whole()
	if part >= 0 {
		item.Part = p.args[part].Text
		whole = whole && p.args[part].Whole()
	}
	if !whole {
		p.long++
		return
	}
	p.effects = append(p.effects, Effect{Item: item, State: s})
}

// is is the state in which the value of an argument is there.
func (p *plan) is(i int) State {
	if i >= len(p.args) {
		return State{}
	}
	return State{Kind: Is, Digest: p.args[i].Sum(p.seed)}
}

// keeping is the same where the key expires when it would have before.
func (p *plan) keeping(i int) State {
	s := p.is(i)
	s.Keeps = true
	return s
}
