package ask

import (
	"cmp"
	"crypto/x509"
	"slices"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/region"
)

// certificates are those of all chains, each once.
func certificates(chains []region.Chain) []check.Certificate {
	var seen []*x509.Certificate
	var all []check.Certificate
	for _, chain := range chains {
		for n, c := range chain.Certificates {
			if slices.ContainsFunc(seen, c.Equal) {
				continue
			}
			seen = append(seen, c)
			all = append(all, check.Certificate{Address: chain.Address, Subject: nameIn(c), Issuer: cmp.Or(c.Issuer.CommonName, c.Issuer.String()),
				From: c.NotBefore.UTC(), Until: c.NotAfter.UTC(), Leaf: n == 0})
		}
	}
	return all
}

// nameIn is what a certificate is for, for people.
func nameIn(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if name == "" && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	if name == "" && len(c.IPAddresses) > 0 {
		name = c.IPAddresses[0].String()
	}
	return cmp.Or(name, c.Subject.String())
}
