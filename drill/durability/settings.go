package durability

import (
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/redisconf"
)

// Settings are those of a server on which it depends what it loses.
type Settings struct {
	AOF              bool
	Fsync            string // of the AOF: "always", "everysec" or "no"
	NoFsyncOnRewrite bool
	Save             []redisconf.SavePoint // none: no snapshots
	MinReplicas      int                   // that must be near for a write to be taken; 0: none
	MaxLag           time.Duration
}

// SettingsOf reads them; where nothing is said, a server goes by its defaults
// (config.c; redis.conf). Values that no server takes count as not said, since the
// server itself tells when it is started.
func SettingsOf(c redisconf.Config) Settings {
	s := Settings{Fsync: "everysec", MaxLag: 10 * time.Second}
	yes := func(name string) bool {
		value, _ := c.Get(name)
		return strings.EqualFold(value, "yes")
	}
	number := func(otherwise int, names ...string) int {
		for _, name := range names {
			if value, ok := c.Get(name); ok {
				if n, err := strconv.Atoi(value); err == nil {
					return n
				}
			}
		}
		return otherwise
	}
	s.AOF, s.NoFsyncOnRewrite = yes("appendonly"), yes("no-appendfsync-on-rewrite")
	if value, ok := c.Get("appendfsync"); ok {
		s.Fsync = strings.ToLower(value)
	}
	s.MinReplicas = number(0, "min-replicas-to-write", "min-slaves-to-write")
	s.MaxLag = time.Duration(number(int(s.MaxLag.Seconds()), "min-replicas-max-lag", "min-slaves-max-lag")) * time.Second
	s.Save, _ = c.SavePoints()
	return s
}
