package redistest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Writes are commands that change keys, of all types, with blanks for [Fill]: K a key, F a part of one, V a value, N a number, S a
// score, I the id of an entry, T a time to live that no test outlives, A such a time of the clock.
var Writes = strings.Split(strings.TrimSpace(`
SET K V
SET K V NX
SET K V XX
SET K V GET
SET K V NX GET
SET K V XX GET
SET K V EX T
set K V px T000 nx
SET K V EXAT A KEEPTTL
SET K V EXAT A
SET K V PXAT A000 XX
SET K V KEEPTTL
SET K N
SETEX K T V
PSETEX K T000 V
SETNX K V
GETSET K V
GETDEL K
GETEX K
GETEX K EX T
GETEX K PERSIST
GETEX K EXAT A
MSET K V K V
MSETNX K V K V
INCR K
DECR K
INCRBY K N
DECRBY K N
INCRBYFLOAT K S
APPEND K V
SETRANGE K 1 V
DEL K
DEL K K K
UNLINK K K
EXPIRE K T
EXPIRE K T NX
EXPIRE K T GT
EXPIRE K T LT
PEXPIRE K T000 XX
EXPIRE K 0
EXPIRE K -5
EXPIREAT K A
EXPIREAT K 0
PEXPIREAT K A000
PEXPIREAT K -1
PERSIST K
RENAME K K
RENAMENX K K
COPY K K REPLACE
HSET K F V
HSET K F V F V
HMSET K F V F V
HSETNX K F V
HSET K F N
HDEL K F
HDEL K F F
HINCRBY K F N
HINCRBYFLOAT K F S
SADD K F
SADD K F F F
SREM K F
SREM K F F
SMOVE K K F
SPOP K
SINTERSTORE K K K
ZADD K S F
ZADD K S F S F
ZADD K NX S F
ZADD K XX S F
ZADD K NX S F S F
ZADD K XX S F S F
ZADD K GT S F
ZADD K LT CH S F
ZADD K GT S F S F
ZADD K XX GT CH S F
ZADD K CH S F
ZADD K XX CH S F
ZADD K NX CH S F
ZADD K INCR S F
ZADD K NX INCR S F
ZADD K XX INCR S F
ZADD K GT INCR S F
ZINCRBY K S F
ZREM K F F
ZPOPMIN K
ZUNIONSTORE K 2 K K
XADD K * F V
XADD K I F V F V
XADD K 5-* F V
XADD K 7 F V
XADD K NOMKSTREAM * F V
XADD K MAXLEN 3 * F V
XADD K MAXLEN ~ 3 LIMIT 10 * F V
XADD K NOMKSTREAM MINID = 5 I F V
XDEL K I
XDEL K I I
XTRIM K MAXLEN 2
LPUSH K V
RPUSHX K V
LPOP K
RPOPLPUSH K K
SORT K ALPHA STORE K
EVAL return(redis.call('set',KEYS[1],ARGV[1])) 1 K V
PFADD K V
GEOADD K 1 2 F
GET K
HGET K F
FLUSHALL
`), "\n")

// Reads are commands that ask for keys and parts of them, with the same blanks; some, as GETDEL, change them as well.
var Reads = strings.Split(strings.TrimSpace(`
GET K
GETEX K
GETEX K EX T
GETDEL K
MGET K K K
HGET K F
HMGET K F F
HEXISTS K F
SISMEMBER K F
SMISMEMBER K F F
ZSCORE K F
ZMSCORE K F F
EXISTS K
EXISTS K K
GETRANGE K 0 1
HGETALL K
`), "\n")

// Fill returns the words of a command with something for each blank, out of few, so that commands meet on the same keys.
func Fill(random *rand.Rand, template string) []string {
	words := strings.Split(template, " ")
	for i, w := range words {
		blank, digits := w, ""
		if strings.HasSuffix(w, "000") && len(w) == 4 {
			blank, digits = w[:1], w[1:]
		}
		switch blank {
		case "K":
			words[i] = fmt.Sprintf("k%d", random.IntN(6))
		case "F":
			words[i] = fmt.Sprintf("f%d", random.IntN(3))
		case "V":
			words[i] = fmt.Sprintf("v%d", random.IntN(4))
		case "N":
			words[i] = strconv.Itoa(random.IntN(7) - 3)
		case "S":
			words[i] = []string{"1", "1.50", "0.1", "-0", "0", "3e2", "-2.5", "inf", "+7", "0.30000000000000004"}[random.IntN(10)]
		case "I":
			words[i] = fmt.Sprintf("%d-%d", random.IntN(4), 1+random.IntN(3))
		case "T":
			words[i] = strconv.Itoa(10_000 + random.IntN(10_000))
		case "A":
			words[i] = strconv.FormatInt(time.Now().Unix()+10_000+random.Int64N(10_000), 10)
		default:
			continue
		}
		words[i] += digits
	}
	return words
}
