package redistest

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Quiet keeps go-redis from logging, in the whole test process: connections that fail are what most of these tests are about,
// and each error reaches the test as an error.
func Quiet() { redis.SetLogger(quiet{}) }

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
