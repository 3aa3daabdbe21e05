package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill/service/program"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// appReach says how the service reaches the proxies, and what it is told of that.
type appReach struct {
	listen   []string // NAME=HOST:PORT
	announce string   // host; "": that of where a proxy listens
	share    bool     // user and password of the regions
	tls      bool

	at map[string]string // of listen, by region
}

func (f *appReach) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.listen, "listen", nil, "`NAME=HOST:PORT` where the service finds a region, instead of a free port of 127.0.0.1; repeat it for each")
	flags.StringVar(&f.announce, "announce", "", "`HOST` by which the service reaches this machine, where it runs elsewhere: host.docker.internal, for example")
	flags.BoolVar(&f.share, "share-credentials", false, "put the user and the password of each region into the URLs of the service's environment, and nowhere else")
	flags.BoolVar(&f.tls, "service-tls", false, "have the service connect by TLS, with a certificate made for this run: its file is {ca}, and AAFAILOVER_CA")
}

// check says what makes no sense. Without regions that are given it is not known yet which there are.
func (f *appReach) check(settled config.Config) error {
	var errs []error
	var names []string
	for _, r := range settled.Regions {
		names = append(names, r.Name)
		if r.Database != 0 {
			errs = append(errs, hint.Wrap(fmt.Errorf("%s: database %d: what a service writes is recorded and read back in database 0 alone", r.Name, r.Database),
				"give the URL without the database; Active-Active databases have none but 0"))
		}
		if f.tls && r.Name == "ca" {
			errs = append(errs, hint.Wrap(errors.New("--service-tls: {ca} is its certificate, and a region is called so"), "give the region another name"))
		}
	}
	errs = append(errs, program.CheckNames(names))
	f.at = make(map[string]string)
	for _, text := range f.listen {
		name, address, ok := strings.Cut(text, "=")
		host, port, err := net.SplitHostPort(address)
		switch {
		case !ok || err != nil || port == "":
			errs = append(errs, hint.Wrap(fmt.Errorf("--listen %q: must be NAME=HOST:PORT", text), "as in --listen us=127.0.0.1:7001"))
		case f.at[name] != "":
			errs = append(errs, fmt.Errorf("--listen: %s is given twice", name))
		}
		if host == "" {
			address = net.JoinHostPort("0.0.0.0", port)
		}
		f.at[name] = address
	}
	if len(names) > 0 {
		errs = append(errs, f.areRegions(names))
	}
	if strings.ContainsAny(f.announce, "/@ ") {
		errs = append(errs, hint.Wrap(fmt.Errorf("announce %q: must be a host, by name or address", f.announce), "the ports are those of --listen"))
	}
	return errors.Join(errs...)
}

// areRegions says which name of --listen is no region's.
func (f *appReach) areRegions(names []string) error {
	var errs []error
	for name := range f.at {
		if !slices.Contains(names, name) {
			errs = append(errs, hint.Wrap(fmt.Errorf("--listen: there is no region %q", name), "the regions are "+strings.Join(names, ", ")))
		}
	}
	return errors.Join(errs...)
}

// listenAt is where to listen for an address of a region: for its endpoint as --listen says, for the nodes of a cluster at
// whatever port is free, of the same host.
func (f *appReach) listenAt(r config.Region, address string) string {
	at, ok := f.at[r.Name]
	if !ok || address == r.Address {
		return at
	}
	host, _, _ := net.SplitHostPort(at)
	return net.JoinHostPort(host, "0")
}

// reached is how the service reaches what listens at an address.
func (f *appReach) reached(at string) string {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return at
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if f.announce != "" {
		host = f.announce
	}
	return net.JoinHostPort(host, port)
}

// place is what the service is told of a region that it reaches at an address.
func (f *appReach) place(ctx context.Context, r config.Region, at string) (program.Place, error) {
	u := url.URL{Scheme: "redis", Host: f.reached(at)}
	if f.tls {
		u.Scheme = "rediss"
	}
	place := program.Place{Region: r.Name, Address: u.Host, URL: u.String()}
	if !f.share || r.User == "" && r.Password.IsZero() {
		return place, nil
	}
	password, err := r.Password.Read(ctx)
	if err != nil {
		return place, fmt.Errorf("%s: read its password for the service: %w", r, err)
	}
	u.User = url.UserPassword(r.User, password)
	place.Shared = u.String()
	return place, nil
}

// certificate is made where the service is to connect by TLS; the folder goes with remove.
func (f *appReach) certificate() (made program.Certificate, remove func(), err error) {
	folder, err := os.MkdirTemp("", "aafailover-app-")
	if err != nil {
		return made, nil, err
	}
	remove = func() { _ = os.RemoveAll(folder) }
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if f.announce != "" {
		hosts = append(hosts, f.announce)
	}
	for _, at := range f.at {
		if host, _, err := net.SplitHostPort(f.reached(at)); err == nil && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	if made, err = program.NewCertificate(filepath.Join(folder, "ca.pem"), hosts); err != nil {
		remove()
	}
	return made, remove, err
}

// tell prints where the service finds the regions, for whoever starts it.
func (f *appReach) tell(stderr io.Writer, t program.Told) {
	say(stderr, "configure the service with these addresses in place of the regions', and start it:")
	for _, p := range t.Places {
		say(stderr, "  %-8s %s", p.Region, p.URL)
	}
	if t.CA != "" {
		say(stderr, "  %-8s %s", "trust", t.CA)
	}
}
