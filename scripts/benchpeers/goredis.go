package main

import (
	_ "unsafe" // for go:linkname

	_ "github.com/redis/go-redis/v9" // has that function in the program
)

// goRedisSlot is the slot of a key as go-redis computes it for its cluster client. It is exported from an internal package, and so
// reached by its name in the program; linkname.s is there for the compiler to accept a function without a body.
//
//go:linkname goRedisSlot github.com/redis/go-redis/v9/internal/hashtag.Slot
func goRedisSlot(key string) int
