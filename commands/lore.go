package commands

// lore is what is documented of a command beyond what a server says of it.
type lore struct {
	effects       func(plan) plan // nil: its keys are Unknown afterwards
	asks          asking
	harmless      bool // carried out twice, it leaves what it leaves when it is carried out once
	nullIsNothing bool // a null in reply says that nothing was done
}

// loreOf returns what is documented of a command.
func loreOf(name string) lore {
	switch name {
	case "set":
		return lore{effects: set, harmless: true}
	case "setex":
		return lore{effects: setex, harmless: true}
	case "psetex":
		return lore{effects: psetex, harmless: true}
	case "setnx":
		return lore{effects: setnx, harmless: true}
	case "getset":
		return lore{effects: getset, harmless: true}
	case "getdel":
		return lore{effects: getdel, harmless: true, asks: asksString}
	case "getex":
		return lore{effects: getex, harmless: true, asks: asksString}
	case "mset":
		return lore{effects: mset, harmless: true}
	case "msetnx":
		return lore{effects: msetnx, harmless: true}
	case "incr", "decr", "incrby", "decrby":
		return lore{effects: counted}
	case "incrbyfloat":
		return lore{effects: incrbyfloat}
	case "del", "unlink":
		return lore{effects: del, harmless: true}
	case "expire", "pexpire", "expireat", "pexpireat", "persist":
		return lore{effects: expiryOf(name), harmless: true}
	case "rename":
		return lore{effects: rename, harmless: true}
	case "renamenx":
		return lore{effects: renamenx, harmless: true}
	case "hset", "hmset":
		return lore{effects: hset, harmless: true}
	case "hsetnx":
		return lore{effects: hsetnx, harmless: true}
	case "hdel":
		return lore{effects: hdel, harmless: true}
	case "hincrby":
		return lore{effects: hincrby}
	case "hincrbyfloat":
		return lore{effects: hincrbyfloat}
	case "sadd":
		return lore{effects: sadd, harmless: true}
	case "srem":
		return lore{effects: srem, harmless: true}
	case "smove":
		return lore{effects: smove, harmless: true}
	case "zadd":
		return lore{effects: zadd}
	case "zincrby":
		return lore{effects: zincrby}
	case "zrem":
		return lore{effects: zrem, harmless: true}
	case "xadd":
		return lore{effects: xadd}
	case "xdel":
		return lore{effects: xdel, harmless: true}
	}
	return lore{asks: asksOf(name), harmless: harmless(name), nullIsNothing: pops(name)}
}

// harmless tells of the commands whose effects are not known whether a second time makes a difference. What is not here, does.
func harmless(name string) bool {
	switch name {
	case "setbit", "setrange", "bitop", "lset",
		"sinterstore", "sunionstore", "sdiffstore",
		"geoadd", "geosearchstore", "georadius", "georadiusbymember",
		"zunionstore", "zinterstore", "zdiffstore", "zrangestore", "zremrangebyscore", "zremrangebylex",
		"xack", "xtrim", "xsetid", "xgroup|create", "xgroup|createconsumer", "xgroup|delconsumer", "xgroup|destroy", "xgroup|setid",
		"pfadd", "pfmerge", "copy", "restore", "restore-asking", "sort", "flushall", "flushdb":
		return true
	}
	return false
}

// pops tells whether a command answers null when there was nothing to take.
func pops(name string) bool {
	switch name {
	case "lpop", "rpop", "blpop", "brpop", "lmpop", "blmpop", "rpoplpush", "brpoplpush", "lmove", "blmove", "spop",
		"bzpopmin", "bzpopmax", "zmpop", "bzmpop":
		return true
	}
	return false
}
