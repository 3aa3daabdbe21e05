package lab

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
)

// site is where a shard is to be found, and the id by which the Cluster API announces it there. A shard keeps its site when
// it is killed and started; a promotion gives it another.
type site struct {
	address string // of its front, host:port
	host    string
	port    int64
	id      string // 40 hexadecimal digits
}

// newSite makes the id depend on the address, so that two labs of the same shape that run at the same time are not taken for
// one.
func newSite(sh *shard, address string) *site {
	host, text, _ := net.SplitHostPort(address)
	port, _ := strconv.ParseInt(text, 10, 64)
	sum := sha1.Sum(fmt.Appendf(nil, "%s/%d@%s", sh.region.name, sh.index, address))
	return &site{address: address, host: host, port: port, id: hex.EncodeToString(sum[:])}
}

// site returns where the shard is, or was last. Before its front was ever open that is the zero site.
func (sh *shard) site() site {
	if at := sh.at.Load(); at != nil {
		return *at
	}
	return site{}
}
