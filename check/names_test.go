package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
)

func at(address string) func(*check.Region) { return func(r *check.Region) { r.Address = address } }

func TestNamedEndpoints(t *testing.T) {
	discovered := func(by ...string) func(*check.Region) {
		return func(r *check.Region) { r.Address, r.Discovery = "db@"+by[0], by }
	}
	judge(t, "named-endpoints", []row{
		{"names pass", facts(region("us"), region("eu")), check.Passed, []string{"us: us.example is a name"}},
		{"an address is worth a word", facts(region("us"), region("eu", at("10.0.0.1:6379"))), check.Warned, []string{"eu: 10.0.0.1:6379 is an address, and no name"}},
		{"so is one of IPv6", facts(region("us", at("[2001:db8::1]:6379"))), check.Warned, nil},
		{"sentinels by address are named, each", facts(region("us", discovered("a.example:26379", "10.0.0.2:26379"))), check.Warned, []string{"10.0.0.2:26379 is an address", "a.example is a name"}},
		{"this machine has no name to follow", facts(region("us", at("127.0.0.1:7000")), region("eu", at("localhost:7001")), region("ap", at("[::1]:7002"))), check.NotApplicable, []string{"the endpoints are on this machine"}},
		{"nor has a lab", inLab(facts(region("us", at("10.0.0.1:6379")))), check.NotApplicable, nil},
	})
}

func TestSteadyNames(t *testing.T) {
	looked := func(answers ...[]string) func(*check.Region) {
		return func(r *check.Region) {
			for _, a := range answers {
				l := check.Lookup{Name: "us.example", Addresses: a}
				if a == nil {
					l.Failed = "no such host"
				}
				r.Lookups = append(r.Lookups, l)
			}
		}
	}
	one, two := []string{"10.0.0.1"}, []string{"10.0.0.1", "10.0.0.2"}
	judge(t, "steady-names", []row{
		{"the same address each time passes", facts(region("us", looked(one, one, one))), check.Passed, []string{"us (us.example): 10.0.0.1, 3 times"}},
		{"so do several in rotation", facts(region("us", looked(two, []string{"10.0.0.2", "10.0.0.1"}))), check.Passed, []string{"10.0.0.1 and 10.0.0.2, 2 times"}},
		{"another address the next time is worth a word", facts(region("us", looked(one, []string{"10.0.0.9"}, one))), check.Warned,
			[]string{"it led to 10.0.0.1, then to 10.0.0.9", "clients that keep the first answer stay with an old one"}},
		{"so is one address more", facts(region("us", looked(one, two))), check.Warned, nil},
		{"and a lookup that fails", facts(region("us", looked(one, nil, one))), check.Warned, []string{"1 of 3 lookups failed: no such host"}},
		{"one that was given no time to answer is not that", interrupted(facts(region("us", looked(one, nil)))), check.Untold, []string{"1 of 2 lookups failed"}},
		{"once is not each time", facts(region("us", looked(one))), check.Untold, []string{"it was looked up once"}},
		{"an address is not looked up", facts(region("us")), check.NotApplicable, nil},
	})
}
