package redisconf_test

import (
	"flag"
	"strconv"
)

var everyValue = flag.Bool("every-value", false, "try every value on every directive of a real server, which takes minutes")

func itoa(n int) string { return strconv.Itoa(n) }
