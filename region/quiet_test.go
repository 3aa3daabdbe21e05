package region

import "context"

// quiet silences go-redis, whose logger is one for the whole process.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}
