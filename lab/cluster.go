package lab

import (
	"fmt"
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
		s.reply = resp.AppendBulk(s.reply, s.region.clusterInfo(s.shard.answers()))
	case "myid":
		s.reply = resp.AppendBulk(s.reply, s.shard.site().id)
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

func (r *region) appendSlots(dst []byte) []byte {
	lay := r.layout.Load()
	n := 0
	for _, owned := range lay.slots {
		n += len(owned)
	}
	dst = resp.AppendArrayLen(dst, n)
	for i, sh := range lay.shards {
		at := sh.site()
		for _, owned := range lay.slots[i] {
			dst = resp.AppendArrayLen(dst, 3)
			dst = resp.AppendInt(dst, int64(owned.First))
			dst = resp.AppendInt(dst, int64(owned.Last))
			dst = resp.AppendArrayLen(dst, 4)
			dst = resp.AppendBulk(dst, at.host)
			dst = resp.AppendInt(dst, at.port)
			dst = resp.AppendBulk(dst, at.id)
			dst = resp.AppendArrayLen(dst, 0)
		}
	}
	return dst
}

func (r *region) appendShards(dst []byte, resp3 bool) []byte {
	lay := r.layout.Load()
	dst = resp.AppendArrayLen(dst, len(lay.shards)+len(lay.fallen))
	for i, sh := range lay.shards {
		health := "online"
		if State(sh.state.Load()) == Down {
			health = "fail"
		}
		dst = appendShard(dst, resp3, sh.site(), lay.slots[i], health)
	}
	for _, at := range lay.fallen {
		dst = appendShard(dst, resp3, at, nil, "fail")
	}
	return dst
}

func appendShard(dst []byte, resp3 bool, at site, owned []slots.Range, health string) []byte {
	pair := func(key, value string) { dst = resp.AppendBulk(resp.AppendBulk(dst, key), value) }
	dst = resp.AppendMapLen(dst, 2, resp3)
	dst = resp.AppendBulk(dst, "slots")
	dst = resp.AppendArrayLen(dst, 2*len(owned))
	for _, r := range owned {
		dst = resp.AppendInt(dst, int64(r.First))
		dst = resp.AppendInt(dst, int64(r.Last))
	}
	dst = resp.AppendBulk(dst, "nodes")
	dst = resp.AppendArrayLen(dst, 1)
	dst = resp.AppendMapLen(dst, 7, resp3)
	pair("id", at.id)
	dst = resp.AppendInt(resp.AppendBulk(dst, "port"), at.port)
	pair("ip", at.host)
	pair("endpoint", at.host)
	pair("role", "master")
	dst = resp.AppendInt(resp.AppendBulk(dst, "replication-offset"), 0)
	pair("health", health)
	return dst
}

func (r *region) nodes(self *shard) string {
	lay := r.layout.Load()
	var b strings.Builder
	for i, sh := range lay.shards {
		flags, link := "master", "connected"
		if sh == self {
			flags = "myself,master"
		}
		if State(sh.state.Load()) == Down {
			flags, link = "master,fail", "disconnected"
		}
		writeNode(&b, sh.site(), flags, i+1, link)
		for _, owned := range lay.slots[i] {
			b.WriteString(" " + owned.String())
		}
		b.WriteByte('\n')
	}
	for i, at := range lay.fallen {
		writeNode(&b, at, "master,fail", len(lay.shards)+i+1, "disconnected")
		b.WriteByte('\n')
	}
	return b.String()
}

func writeNode(b *strings.Builder, at site, flags string, epoch int, link string) {
	fmt.Fprintf(b, "%s %s:%d@%d %s - 0 0 %d %s", at.id, at.host, at.port, at.port, flags, epoch, link)
}

func (r *region) clusterInfo(answers *condition) string {
	lay := r.layout.Load()
	state := "ok"
	if answers == conditions.Get()[ClusterDown] {
		state = "fail"
	}
	n := len(lay.shards)
	return fmt.Sprintf("cluster_state:%s\r\ncluster_slots_assigned:%d\r\ncluster_slots_ok:%d\r\ncluster_slots_pfail:0\r\n"+
		"cluster_slots_fail:0\r\ncluster_known_nodes:%d\r\ncluster_size:%d\r\ncluster_current_epoch:%d\r\ncluster_my_epoch:1\r\n",
		state, slots.Count, slots.Count, n+len(lay.fallen), n, n+len(lay.fallen))
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
