package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/internal/hint"
)

// TLS is how the connections to a region with a rediss:// URL are secured. The zero TLS trusts the system's authorities,
// demands the name of the endpoint in the certificate, shows no certificate of its own, and accepts TLS 1.2 and 1.3.
//
// The files are read when the program starts, so that a mistake in them is one of configuration, and again
// whenever they have changed, since certificates are renewed.
type TLS struct {
	// CAFile is a PEM file with the certificates of the authorities that are trusted, instead of the system's.
	CAFile string
	// CertFile and KeyFile are PEM files with the client certificate, its intermediates behind it, and its key. Both or none.
	CertFile, KeyFile string
	// ServerName is the name that is asked for and that the certificate must have; "": the host of the endpoint.
	ServerName string
	// MinVersion is tls.VersionTLS12 or tls.VersionTLS13; 0: TLS 1.2.
	MinVersion uint16
	// Pins are the public keys of which the server's certificate must have one. Without a CAFile they take the place of
	// authority and name: whoever has the key is the server. That the certificate has not expired is checked all the same.
	Pins []Pin
	// Insecure leaves the server's certificate unchecked: anybody in between can be the server, and read passwords.
	Insecure bool
	// Checked says that it is checked, whatever is said for all regions: insecureSkipVerify: false of this one.
	Checked bool
}

// The settings of TLS, as the block `tls` of a region in the file has them. The flags are --tls-… of the same name, but for
// --insecure-skip-verify.
const (
	TLSCA         = "ca"
	TLSCert       = "cert"
	TLSKey        = "key"
	TLSServerName = "serverName"
	TLSMinVersion = "minVersion"
	TLSPin        = "pin"
	TLSInsecure   = "insecureSkipVerify"
)

var tlsKeys = []string{TLSCA, TLSCert, TLSKey, TLSServerName, TLSMinVersion, TLSPin, TLSInsecure}

// tlsFlags are the flags that hold for all regions.
var tlsFlags = []string{"tls-ca", "tls-cert", "tls-key", "tls-server-name", "tls-min-version", "tls-pin", "insecure-skip-verify"}

// tlsPathFlags are those of them that name a file.
var tlsPathFlags = tlsFlags[:3]

// Insecure says that nothing checks who answers as this region, over TLS though it is: whoever reports on it has to say so.
func (r Region) Insecure() bool { return r.TLS && r.TLSOptions.Insecure }

// IsZero says that nothing was set.
func (t TLS) IsZero() bool {
	return t.CAFile == "" && t.CertFile == "" && t.KeyFile == "" && t.ServerName == "" && t.MinVersion == 0 && len(t.Pins) == 0 && !t.Insecure
}

// Set sets one of the settings by its key from what stands on the command line or in the file. Pins can be several, with
// commas between them, and are added to those that are set.
func (t *TLS) Set(key, value string) error {
	if value == "" {
		return errors.New("is empty")
	}
	switch key {
	case TLSCA:
		t.CAFile = value
	case TLSCert:
		t.CertFile = value
	case TLSKey:
		t.KeyFile = value
	case TLSServerName:
		if _, err := netip.ParseAddr(value); err != nil && !isHostName(value) {
			return errors.New("has a character that no host name has")
		}
		t.ServerName = value
	case TLSMinVersion:
		version, ok := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[value]
		if !ok {
			return errors.New("must be 1.2 or 1.3")
		}
		t.MinVersion = version
	case TLSPin:
		for one := range strings.SplitSeq(value, ",") {
			pin, err := ParsePin(strings.TrimSpace(one))
			if err != nil {
				return err
			}
			t.Pins = append(t.Pins, pin)
		}
	case TLSInsecure:
		insecure, err := strconv.ParseBool(value)
		if err != nil {
			return errNotBool
		}
		t.Insecure, t.Checked = insecure, !insecure
	default:
		return fmt.Errorf("there is no setting %s of TLS", showKey(key))
	}
	return nil
}

// block is the settings as the file has them, empty where there are none.
func (t TLS) block() yaml.MapSlice {
	var block yaml.MapSlice
	add := func(key string, value any, given bool) {
		if given {
			block = append(block, yaml.MapItem{Key: key, Value: value})
		}
	}
	add(TLSCA, t.CAFile, t.CAFile != "")
	add(TLSCert, t.CertFile, t.CertFile != "")
	add(TLSKey, t.KeyFile, t.KeyFile != "")
	add(TLSServerName, t.ServerName, t.ServerName != "")
	add(TLSMinVersion, map[uint16]string{tls.VersionTLS12: "1.2", tls.VersionTLS13: "1.3"}[t.MinVersion], t.MinVersion != 0)
	var pins []string
	for _, pin := range t.Pins {
		pins = append(pins, pin.String())
	}
	add(TLSPin, pins, len(pins) > 0)
	add(TLSInsecure, t.Insecure, t.Insecure || t.Checked)
	return block
}

// over completes what a region says of itself with what was said for all. A region that says of itself that nothing is to be
// checked takes neither CA nor pins from what was said for all.
func (t TLS) over(general TLS) TLS {
	if t.Insecure {
		general.CAFile, general.Pins = "", nil
	}
	if t.CertFile == "" && t.KeyFile == "" {
		t.CertFile, t.KeyFile = general.CertFile, general.KeyFile
	}
	if t.CAFile == "" {
		t.CAFile = general.CAFile
	}
	if t.ServerName == "" {
		t.ServerName = general.ServerName
	}
	if t.MinVersion == 0 {
		t.MinVersion = general.MinVersion
	}
	if len(t.Pins) == 0 {
		t.Pins = slices.Clone(general.Pins)
	}
	t.Insecure = t.Insecure || general.Insecure && !t.Checked
	return t
}

// Check says whether the settings fit together and the files can be read: certificates in PEM, a key that belongs to its
// certificate, and a certificate that is valid now.
func (t TLS) Check(now time.Time) error {
	switch {
	case t.Insecure && (t.CAFile != "" || len(t.Pins) > 0):
		return hint.Wrap(errors.New("TLS: --insecure-skip-verify checks nothing, and a CA or a pin is given"),
			"leave out --insecure-skip-verify (insecureSkipVerify), or else the CA and the pins")
	case (t.CertFile == "") != (t.KeyFile == ""):
		return hint.Wrap(errors.New("TLS: a client certificate takes a certificate and its key, and one of them is missing"),
			"give --tls-cert and --tls-key, or cert and key below `tls:`, both or none")
	}
	if _, err := t.Authorities(); err != nil {
		return hint.Wrap(fmt.Errorf("TLS: CA: %w", err), "--tls-ca, or ca below `tls:`, names a file with certificates in PEM: -----BEGIN CERTIFICATE-----")
	}
	certificate, err := t.Certificate()
	if err != nil {
		return hint.Wrap(fmt.Errorf("TLS: client certificate: %w", err),
			"--tls-cert and --tls-key, or cert and key below `tls:`, name PEM files with a certificate and the key that it was made for")
	}
	if certificate == nil {
		return nil
	}
	if leaf := certificate.Leaf; now.After(leaf.NotAfter) {
		return hint.Wrap(fmt.Errorf("TLS: client certificate: %s expired at %s", t.CertFile, moment(leaf.NotAfter)), "renew the client certificate")
	} else if now.Before(leaf.NotBefore) {
		return hint.Wrap(fmt.Errorf("TLS: client certificate: %s is not valid before %s", t.CertFile, moment(leaf.NotBefore)), "check the clock of this machine")
	}
	return nil
}

// moment is a time as errors show it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// secure completes the settings of TLS of the regions with those for all, and checks them. asked says that those for all
// stand on the command line, so that a lab, which has no TLS, is a mistake too.
func (c Config) secure(general TLS, asked bool) error {
	if len(c.Regions) == 0 {
		if asked && c.Lab {
			return hint.Wrap(errors.New("settings of TLS are given, and the lab has no TLS"), "leave them out, or give regions with rediss:// URLs")
		}
		return nil
	}
	for i := range c.Regions {
		if err := c.Regions[i].secure(general); err != nil {
			return err
		}
	}
	if !general.IsZero() && !slices.ContainsFunc(c.Regions, func(r Region) bool { return r.TLS || !r.API.IsZero() }) {
		return hint.Wrap(errors.New("settings of TLS are given, and no region has a URL for TLS"), "write rediss:// in the URLs, or leave them out")
	}
	return nil
}

// secure completes the settings of TLS of a region, and of its API, with those for all, and checks them.
func (r *Region) secure(general TLS) error {
	switch {
	case r.TLS:
		r.TLSOptions = r.TLSOptions.over(general)
		if err := r.TLSOptions.Check(time.Now()); err != nil {
			return at(r.Place, fmt.Errorf("%s: %w", r, err))
		}
	case !r.TLSOptions.IsZero():
		return at(r.Place, hint.Wrap(fmt.Errorf("%s: settings of TLS, and the URL is not one for TLS", r), "write rediss:// in the URL, or leave them out"))
	}
	if r.API.IsZero() {
		return nil
	}
	r.API.TLS = r.API.TLS.trusting(general)
	if err := r.API.TLS.Check(time.Now()); err != nil {
		return at(r.API.Place, fmt.Errorf("%s: REST API: %w", r.Name, err))
	}
	return nil
}
