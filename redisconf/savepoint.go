package redisconf

import (
	"fmt"
	"strconv"
	"time"
)

// SavePoint is when a server saves a snapshot: after that time, when at least so many changes were made.
type SavePoint struct {
	After   time.Duration
	Changes int64
}

// defaultSave are the save points of Redis 6.2 and later that is not told any.
var defaultSave = []SavePoint{{time.Hour, 1}, {5 * time.Minute, 100}, {time.Minute, 10_000}}

// SavePoints returns when a server with these settings saves snapshots: the lines add up, an empty one takes back those above,
// and without any line the server has some of its own. Errors: a line that is no save point, which a server refuses.
func (c Config) SavePoints() ([]SavePoint, error) {
	lines := c.Lines("save")
	if len(lines) == 0 {
		return append([]SavePoint(nil), defaultSave...), nil
	}
	var points []SavePoint
	for _, line := range lines {
		args := line.Args()
		if len(args) == 1 && args[0] == "" {
			points = nil
			continue
		}
		if args = splitOnce(args); len(args)%2 != 0 { // one word may hold several: "900 1 300 10"
			return nil, fmt.Errorf("save %s: seconds and changes go in pairs", line.Value)
		}
		for i := 0; i < len(args); i += 2 {
			seconds, err1 := strconv.ParseInt(args[i], 10, 32)
			changes, err2 := strconv.ParseInt(args[i+1], 10, 32)
			if err1 != nil || err2 != nil || seconds < 1 || changes < 0 {
				return nil, fmt.Errorf("save %s: %s %s are no seconds and changes", line.Value, args[i], args[i+1])
			}
			points = append(points, SavePoint{time.Duration(seconds) * time.Second, changes})
		}
	}
	return points, nil
}
