package enterprise

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/vitals"
)

// InSync is the Status of a source that is followed command by command. The others are "syncing", while everything is
// copied, and "out-of-sync".
// https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/replica_sources_status
const InSync = "in-sync"

// mostRegions bounds the regions that a database says it has to do with: more than any has, and few enough to compare each with each.
const mostRegions = 200

// Source is another region that a database takes in the writes of: one link, seen from where it ends.
// https://redis.io/docs/latest/operate/rs/references/rest-api/objects/bdb/syncer_sources
type Source struct {
	// UID is taken for the ReplicaID of the region that the writes come from, as the uid in peer statistics is.
	UID string
	// Address is host:port in its URI, without the user and the password that it is asked with; "" where there is none.
	Address string
	Status  vitals.Field[string]
	// Lag is how far it is behind its source, while it is in sync.
	Lag vitals.Field[time.Duration]
	// LastError is the last one that the replication met with, which may be over; "": none.
	LastError  vitals.Field[string]
	LastUpdate vitals.Field[string] // when something came last, in the server's words
	// CopySize and Copied are bytes of the copy of everything, while there is one.
	CopySize, Copied vitals.Field[int64]
}

// source is one as the API writes it.
type source struct {
	UID        loose `json:"uid"`
	URI        loose `json:"uri"`
	Status     loose `json:"status"`
	Lag        loose `json:"lag"`
	LastError  loose `json:"last_error"`
	LastUpdate loose `json:"last_update"`
	CopySize   loose `json:"rdb_size"`
	Copied     loose `json:"rdb_transferred"`
}

func (s source) source(hidden discretion) Source {
	return Source{
		UID: uidOf(s.UID), Address: hidden.text(addressOf(s.URI.text)), Status: hidden.field(s.Status), Lag: s.Lag.millis(), LastError: hidden.field(s.LastError),
		LastUpdate: hidden.field(s.LastUpdate), CopySize: s.CopySize.number(), Copied: s.Copied.number(),
	}
}

// addressOf is host:port in a URI. Anything up to the last '@' is the login, as passwords stand there unencoded too.
func addressOf(uri string) string {
	_, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return ""
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	host, port, err := net.SplitHostPort(rest)
	if err != nil {
		return ""
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return ""
	}
	return net.JoinHostPort(host, port)
}
