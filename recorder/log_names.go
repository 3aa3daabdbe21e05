package recorder

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// names are those of commands, which records have by their number. A reader takes no lock: whoever adds a name, which happens
// once for each, makes all anew.
type names struct {
	mu  sync.Mutex // of those who add
	now atomic.Pointer[nameList]
}

type nameList struct {
	numbers map[string]uint16
	list    []string
}

// number returns the number of a name. There are fewer of them than numbers: a table has no more.
func (n *names) number(name string) uint16 {
	if now := n.now.Load(); now != nil {
		if number, ok := now.numbers[name]; ok {
			return number
		}
	}
	return n.add(name)
}

func (n *names) add(name string) uint16 {
	n.mu.Lock()
	defer n.mu.Unlock()
	next := &nameList{numbers: make(map[string]uint16)}
	if now := n.now.Load(); now != nil {
		if number, ok := now.numbers[name]; ok {
			return number
		}
		next.numbers, next.list = maps.Clone(now.numbers), slices.Clone(now.list)
	}
	number := uint16(len(next.list))
	next.numbers[name], next.list = number, append(next.list, name)
	n.now.Store(next)
	return number
}

func (n *names) name(number uint16) string { return n.now.Load().list[number] }
