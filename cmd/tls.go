package cmd

import (
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/config"
)

// tlsFlag is one flag of those that say how TLS is done: the value of all of them is one config.TLS.
type tlsFlag struct {
	all  *config.TLS
	key  string // as config.TLS.Set knows it
	kind string // what help shows in place of the value
	text string // as it was given
}

// String, Set and Type make it a pflag.Value.
func (f *tlsFlag) String() string { return f.text }

// Type is what help shows in place of the value.
func (f *tlsFlag) Type() string { return f.kind }

// Set sets that part of the whole.
func (f *tlsFlag) Set(text string) error {
	f.text = text
	return f.all.Set(f.key, text)
}

// anyTLSFlag is the name of one of the flags, by which tlsOf finds the whole.
const anyTLSFlag = "tls-ca"

// addTLS adds the flags that say how the connections to all regions with rediss:// URLs are secured. What the file says of a
// region goes before them.
func addTLS(flags *pflag.FlagSet) {
	all := new(config.TLS)
	for _, f := range []struct{ name, key, kind, usage string }{
		{anyTLSFlag, config.TLSCA, "FILE", "PEM file of the authorities to trust in rediss:// connections (default: the system's)"},
		{"tls-cert", config.TLSCert, "FILE", "PEM file of the client certificate; it is read again when it changes"},
		{"tls-key", config.TLSKey, "FILE", "PEM file of the key of --tls-cert"},
		{"tls-server-name", config.TLSServerName, "NAME", "name that the server's certificate must have (default: the host of the URL)"},
		{"tls-min-version", config.TLSMinVersion, "VERSION", "oldest version of TLS to accept, 1.2 or 1.3 (default: 1.2)"},
		{"tls-pin", config.TLSPin, "sha256:HEX", "SHA-256 of the server's public key; repeat it for several. Without --tls-ca it takes the place of authority and name, not of the expiry"},
		{"insecure-skip-verify", config.TLSInsecure, "bool", "do not check the server's certificate at all: whoever is in between can read the password"},
	} {
		flags.Var(&tlsFlag{all: all, key: f.key, kind: f.kind}, f.name, f.usage)
	}
	flags.Lookup("insecure-skip-verify").NoOptDefVal = "true"
}

// tlsOf returns what the flags of addTLS set, nil for a command without them.
func tlsOf(flags *pflag.FlagSet) *config.TLS {
	f := flags.Lookup(anyTLSFlag)
	if f == nil {
		return nil
	}
	return f.Value.(*tlsFlag).all
}
