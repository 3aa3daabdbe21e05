package lazy

import "sync"

// Value is a value that is made when it is first used: a table, for one. As a variable of a package, given by the function that makes
// it alone, it needs no work before main. It must not be copied, and may be used from any goroutine.
type Value[T any] struct {
	// Make makes the value. It is called once, and must not use the variable that it is for.
	Make func() T

	once sync.Once
	made T
}

// Get returns the value.
func (v *Value[T]) Get() T {
	v.once.Do(func() { v.made = v.Make() })
	return v.made
}
