package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
)

func byTLS(r *check.Region) { r.TLS = true }

func insecurely(r *check.Region) { r.TLS, r.Insecure = true, true }

func TestTLSUsed(t *testing.T) {
	judge(t, "tls-used", []row{
		{"TLS passes", facts(region("us", byTLS), region("eu", byTLS)), check.Passed, []string{"eu: it is reached by TLS"}},
		{"without it everything can be read", facts(region("us", byTLS), region("eu")), check.Warned, []string{"eu: it is reached without TLS"}},
		{"nobody reads along in this machine", facts(region("us", at("127.0.0.1:6379"))), check.NotApplicable, nil},
		{"also where a sentinel of it tells the endpoint", facts(region("us", at("db@127.0.0.1:26379"))), check.NotApplicable, nil},
		{"nor in a lab", inLab(facts(region("us"))), check.NotApplicable, nil},
	})
}

func TestTLSVerified(t *testing.T) {
	judge(t, "tls-verified", []row{
		{"a check passes", facts(region("us", byTLS)), check.Passed, nil},
		{"none is a warning", facts(region("us", byTLS), region("eu", insecurely)), check.Warned, []string{"eu: nothing checks who answers"}},
		{"without TLS there is nothing to check", facts(region("us")), check.NotApplicable, nil},
	})
}

// shows is a certificate that is valid for so long, and has been for a year.
func shows(valid time.Duration) func(*check.Region) {
	return func(r *check.Region) {
		r.TLS = true
		r.Certificates = append(r.Certificates, check.Certificate{Address: r.Address, Subject: "*.example", Issuer: "Example CA",
			From: noon.AddDate(-1, 0, 0), Until: noon.Add(valid), Leaf: true})
	}
}

func TestCertificatesValid(t *testing.T) {
	const day = 24 * time.Hour
	early := func(r *check.Region) {
		r.TLS = true
		r.Certificates = []check.Certificate{{Address: r.Address, Subject: "us", Issuer: "CA", From: noon.Add(time.Hour), Until: noon.AddDate(1, 0, 0)}}
	}
	above := func(r *check.Region) { r.Certificates[len(r.Certificates)-1].Leaf = false }
	judge(t, "certificates-valid", []row{
		{"one that is valid for long passes", facts(region("us", shows(90*day))), check.Passed, []string{"us (us.example:6379): the certificate of *.example, by Example CA, is valid until 2026-04-02 12:00 UTC, for 90 days"}},
		{"for exactly as long as is asked too", facts(region("us", shows(30*day))), check.Passed, nil},
		{"less is worth a word", facts(region("us", shows(30*day-time.Second))), check.Warned, []string{"expires on 2026-02-01 11:59 UTC, in 29 days, and should be valid for 30 days more"}},
		{"hours are told as such", facts(region("us", shows(5*time.Hour))), check.Warned, []string{"in 5 hours"}},
		{"an expired one is a failure", facts(region("us", shows(90*day)), region("eu", shows(-time.Second))), check.Broken, []string{"expired on 2026-01-02 11:59 UTC"}},
		{"one of those above it was not needed where the server was trusted all the same", facts(region("us", shows(90*day), shows(-day), above)), check.Warned, []string{"was checked without it"}},
		{"and is a failure where it was not", facts(region("us", shows(90*day), shows(-day), above, func(r *check.Region) { r.Unreachable = "certificate has expired" })), check.Broken, nil},
		{"or where nothing was checked", facts(region("us", shows(90*day), shows(-day), above, insecurely)), check.Broken, nil},
		{"and one that is not valid yet", facts(region("us", early)), check.Broken, []string{"valid from 2026-01-02 13:00 UTC on, which is yet to come"}},
		{"one that was not seen is not known", facts(region("us", byTLS)), check.Untold, []string{"no certificate of it was seen"}},
		{"without TLS there is none", facts(region("us")), check.NotApplicable, nil},
	})
}
