package lab

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// cluster answers the Cluster API. A region with one shard is a cluster of one.
func cluster(s *session, args [][]byte) {
	sub := strings.ToLower(string(args[1]))
	takes := map[string]int{"slots": 2, "shards": 2, "nodes": 2, "info": 2, "myid": 2, "help": 2,
		"keyslot": 3, "countkeysinslot": 3, "getkeysinslot": 4}
	n, known := takes[sub]
	if !known {
		s.fail(unknownSubcommand("cluster", args[1]))
		return
	}
	if len(args) != n {
		s.fail(wrongNumber("cluster|" + sub))
		return
	}
	switch sub {
	case "slots":
		s.reply = s.region.appendSlots(s.reply)
	case "shards":
		s.reply = s.region.appendShards(s.reply, s.resp3)
	case "nodes":
		s.reply = resp.AppendBulk(s.reply, s.region.nodes(s.shard))
	case "info":
		s.reply = resp.AppendBulk(s.reply, s.region.clusterInfo())
	case "myid":
		s.reply = resp.AppendBulk(s.reply, s.shard.id)
	case "help":
		s.reply = resp.AppendArrayLen(s.reply, 1)
		s.reply = resp.AppendSimple(s.reply,
			"CLUSTER SLOTS, SHARDS, NODES, INFO, MYID, KEYSLOT key, COUNTKEYSINSLOT slot, GETKEYSINSLOT slot count, HELP")
	case "keyslot":
		s.reply = resp.AppendInt(s.reply, int64(slots.OfBytes(args[2])))
	case "countkeysinslot", "getkeysinslot":
		s.keysInSlot(sub, args)
	}
}

func (sh *shard) hostPort() (host string, port int64) {
	host, text, _ := net.SplitHostPort(sh.address)
	port, _ = strconv.ParseInt(text, 10, 64)
	return host, port
}

func (r *region) appendSlots(dst []byte) []byte {
	n := 0
	for _, sh := range r.shards {
		n += len(sh.slots)
	}
	dst = resp.AppendArrayLen(dst, n)
	for _, sh := range r.shards {
		host, port := sh.hostPort()
		for _, owned := range sh.slots {
			dst = resp.AppendArrayLen(dst, 3)
			dst = resp.AppendInt(dst, int64(owned.First))
			dst = resp.AppendInt(dst, int64(owned.Last))
			dst = resp.AppendArrayLen(dst, 4)
			dst = resp.AppendBulk(dst, host)
			dst = resp.AppendInt(dst, port)
			dst = resp.AppendBulk(dst, sh.id)
			dst = resp.AppendArrayLen(dst, 0)
		}
	}
	return dst
}

func (r *region) appendShards(dst []byte, resp3 bool) []byte {
	pair := func(key, value string) { dst = resp.AppendBulk(resp.AppendBulk(dst, key), value) }
	dst = resp.AppendArrayLen(dst, len(r.shards))
	for _, sh := range r.shards {
		host, port := sh.hostPort()
		health := "online"
		if State(sh.state.Load()) == Down {
			health = "fail"
		}
		dst = resp.AppendMapLen(dst, 2, resp3)
		dst = resp.AppendBulk(dst, "slots")
		dst = resp.AppendArrayLen(dst, 2*len(sh.slots))
		for _, owned := range sh.slots {
			dst = resp.AppendInt(dst, int64(owned.First))
			dst = resp.AppendInt(dst, int64(owned.Last))
		}
		dst = resp.AppendBulk(dst, "nodes")
		dst = resp.AppendArrayLen(dst, 1)
		dst = resp.AppendMapLen(dst, 7, resp3)
		pair("id", sh.id)
		dst = resp.AppendInt(resp.AppendBulk(dst, "port"), port)
		pair("ip", host)
		pair("endpoint", host)
		pair("role", "master")
		dst = resp.AppendInt(resp.AppendBulk(dst, "replication-offset"), 0)
		pair("health", health)
	}
	return dst
}

func (r *region) nodes(self *shard) string {
	var b strings.Builder
	for _, sh := range r.shards {
		flags := "master"
		if sh == self {
			flags = "myself,master"
		}
		link := "connected"
		if State(sh.state.Load()) == Down {
			flags, link = "master,fail", "disconnected"
		}
		host, port := sh.hostPort()
		fmt.Fprintf(&b, "%s %s:%d@%d %s - 0 0 %d %s", sh.id, host, port, port, flags, sh.index+1, link)
		for _, owned := range sh.slots {
			b.WriteString(" " + owned.String())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (r *region) clusterInfo() string {
	n := len(r.shards)
	return fmt.Sprintf("cluster_state:ok\r\ncluster_slots_assigned:%d\r\ncluster_slots_ok:%d\r\ncluster_slots_pfail:0\r\n"+
		"cluster_slots_fail:0\r\ncluster_known_nodes:%d\r\ncluster_size:%d\r\ncluster_current_epoch:%d\r\ncluster_my_epoch:1\r\n",
		slots.Count, slots.Count, n, n, n)
}

// keysInSlot goes through all keys of the shard: the lab is not asked for this often.
func (s *session) keysInSlot(sub string, args [][]byte) {
	slot, err := strconv.Atoi(string(args[2]))
	if err != nil || slot < 0 || slot >= slots.Count {
		s.fail("ERR Invalid slot")
		return
	}
	most := -1
	if sub == "getkeysinslot" {
		if most, err = strconv.Atoi(string(args[3])); err != nil || most < 0 {
			s.fail("ERR Invalid number of keys")
			return
		}
	}
	if s.shard.enter(s.done) != nil {
		s.ending = true
		return
	}
	defer s.shard.mu.Unlock()
	var keys []string
	for x := range s.shard.engine.State(func(of int) bool { return of == slot }) {
		keys = append(keys, x.Key)
	}
	keys = slices.DeleteFunc(keys, func(key string) bool {
		_, present := s.shard.engine.Presence(key)
		return !present
	})
	if most < 0 {
		s.reply = resp.AppendInt(s.reply, int64(len(keys)))
		return
	}
	keys = keys[:min(most, len(keys))]
	s.reply = resp.AppendArrayLen(s.reply, len(keys))
	for _, key := range keys {
		s.reply = resp.AppendBulk(s.reply, key)
	}
}
