package check

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/redisconf"
)

// TargetOf returns what a deployment has to be ready for that is set up by a profile of package redisconf: an RPO that its
// settings promise, and an RTO that a failover within a region can keep. Errors: redisconf.ErrNoProfile.
func TargetOf(profile string) (Target, error) {
	var rpo, rto time.Duration
	switch profile {
	case redisconf.Balanced:
		// A power cut takes a second, or two on a busy disk; a promotion what a replica lacks, up to min-replicas-max-lag, which
		// is 10 s there. 30 s are enough for sentinels that wait for 5 to 20 s, and for a cluster that waits for 10 s.
		rpo, rto = 10*time.Second, 30*time.Second
	case redisconf.MaxDurability:
		// Nothing that was acknowledged is lost: appendfsync always promises it for a server that starts again; for a promotion
		// only WAIT does. To be sure that a primary is gone counts more than to be fast: a failover that was not needed loses, too.
		rpo, rto = 0, time.Minute
	case redisconf.LowLatency:
		// A snapshot an hour is all that is kept. Nothing is to wait for long: sentinels that wait for 5 s, or a cluster that
		// waits for 4 s.
		rpo, rto = time.Hour, 10*time.Second
	default:
		return Target{}, fmt.Errorf("%q: %w: there are %s", profile, redisconf.ErrNoProfile, strings.Join(redisconf.Profiles(), ", "))
	}
	return Target{RPO: &rpo, RTO: &rto, Profile: profile, Outage: DefaultOutage, CertificateFor: DefaultCertificateFor}, nil
}
