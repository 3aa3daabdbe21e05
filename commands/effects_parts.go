package commands

// What commands leave behind of parts of keys. The key keeps its expiry.

func hset(p plan) plan {
	for i := 2; i+1 < len(p.args); i += 2 {
		p.add(1, i, Field, p.keeping(i+1))
	}
	return p
}

func hsetnx(p plan) plan {
	s := p.keeping(3)
	s.reading = ifOne
	p.add(1, 2, Field, s)
	return p
}

func hdel(p plan) plan { return p.every(Field, Absent) }

func hincrby(p plan) plan {
	p.add(1, 2, Field, State{Kind: Present, Keeps: true, reading: integerIs})
	return p
}

func hincrbyfloat(p plan) plan {
	p.add(1, 2, Field, State{Kind: Present, Keeps: true, reading: textIs})
	return p
}

func sadd(p plan) plan { return p.every(Member, Present) }
func srem(p plan) plan { return p.every(Member, Absent) }
func zrem(p plan) plan { return p.every(Score, Absent) }
func xdel(p plan) plan { return p.every(Entry, Absent) }

// every gives one state to all parts that a request names behind its key.
func (p plan) every(kind ItemKind, state StateKind) plan {
	for i := 2; i < len(p.args); i++ {
		p.add(1, i, kind, State{Kind: state, Keeps: true})
	}
	return p
}

func smove(p plan) plan {
	p.add(1, 3, Member, State{Kind: Absent, Keeps: true, reading: ifOne})
	p.add(2, 3, Member, State{Kind: Present, Keeps: true, reading: ifOne})
	return p
}
