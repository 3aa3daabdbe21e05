package check

import (
	"fmt"
	"time"
)

// remote calls judge for every region that is not in this machine, where nobody reads along.
func remote(f *Facts, judge func(Region) []Finding) []Finding {
	if f.Lab {
		return notApplicable("a lab has no certificates, and stays in this machine")
	}
	var found []Finding
	far := false
	for _, r := range f.Regions {
		if !loopback(r.host()) {
			far = true
			found = append(found, judge(r)...)
		}
	}
	if !far {
		return notApplicable("the endpoints are on this machine")
	}
	return found
}

func tlsUsed(f *Facts, _ Target) []Finding {
	return remote(f, func(r Region) []Finding {
		if r.TLS {
			return []Finding{pass(r.subject(), "it is reached by TLS")}
		}
		return []Finding{warned(r.subject(), "", "it is reached without TLS: unless a VPN is all the way in between, its password and all data can be read")}
	})
}

func tlsVerified(f *Facts, _ Target) []Finding {
	return remote(f, func(r Region) []Finding {
		switch {
		case !r.TLS:
			return nil // which another rule is about
		case r.Insecure:
			return []Finding{warned(r.subject(), "", "nothing checks who answers: whoever is in between can be the region")}
		}
		return []Finding{pass(r.subject(), "who answers is checked")}
	})
}

// certificatesValid is about all certificates that were shown, those between a server's and its root too: where there is no
// other way to a root, a chain ends with the first of them that has expired.
func certificatesValid(f *Facts, t Target) []Finding {
	var found []Finding
	for _, r := range f.Regions {
		if !r.TLS {
			continue
		}
		if len(r.Certificates) == 0 {
			found = append(found, untold(r.subject(), "no certificate of it was seen"))
		}
		for _, c := range r.Certificates {
			found = append(found, judgeCertificate(r, c, f.At, t.CertificateFor))
		}
	}
	if len(found) == 0 {
		return notApplicable("no region is reached by TLS")
	}
	return found
}

func judgeCertificate(r Region, c Certificate, at time.Time, least time.Duration) Finding {
	subject := r.Name + " (" + c.Address + ")"
	what := fmt.Sprintf("the certificate of %s, by %s,", c.Subject, c.Issuer)
	left := c.Until.Sub(at)
	switch {
	case at.Before(c.From):
		return broken(subject, "see the clocks of this host and of who issued it", "%s is valid from %s on, which is yet to come", what, day(c.From))
	case left <= 0 && !c.Leaf && r.Unreachable == "" && !r.Insecure:
		return warned(subject, "leave it out of what the server sends, or renew it",
			"%s expired on %s; who answers was checked without it, and clients that know of no other way to a root refuse the server", what, day(c.Until))
	case left <= 0:
		return broken(subject, "", "%s expired on %s", what, day(c.Until))
	case left < least:
		return warned(subject, "", "%s expires on %s, in %s, and should be valid for %s more", what, day(c.Until), days(left), days(least))
	}
	return pass(subject, "%s is valid until %s, for %s", what, day(c.Until), days(left))
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// days is "12 days", and "5 hours" below two days.
func days(d time.Duration) string {
	const aDay = 24 * time.Hour
	if d < 2*aDay {
		return fmt.Sprintf("%d hours", int(d/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d/aDay))
}
