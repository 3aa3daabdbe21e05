package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// place is a region as the application connects to it.
type place struct {
	config  config.Region
	options *redis.UniversalOptions // nil: as the URL says
	observe region.Options          // for how to dial
}

// visit makes a client of the region, which connects when it is used. The map says
// whether the region is a cluster.
func (p place) visit(m slots.Map, hooks []redis.Hook) *visit {
	v := &visit{region: p.config.Name, dialling: newDialling()}
	o := p.universal(m)
	dial := o.Dialer
	if dial == nil {
		dial = p.dialer(o.TLSConfig)
	}
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, done, ok := v.dialling.begin(ctx)
		if !ok {
			return nil, fmt.Errorf("%s (%s): connect: %w", v.region, address, redis.ErrClosed)
		}
		defer done()
		return dial(ctx, network, address)
	}
	v.client = redis.NewUniversalClient(o)
	for _, h := range hooks {
		v.client.AddHook(h)
	}
	return v
}

// universal returns the options for the region, which are the caller's to change.
func (p place) universal(m slots.Map) *redis.UniversalOptions {
	o := new(redis.UniversalOptions)
	if p.options == nil {
		*o = redis.UniversalOptions{
			MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		}
	} else {
		*o = *p.options
	}
	if len(o.Addrs) > 0 || o.MasterName != "" {
		return o
	}
	r := p.config
	o.Addrs, o.DB = []string{r.Address}, r.Database
	if len(r.Discovery) > 0 {
		o.Addrs, o.MasterName = r.Discovery, r.Service
	}
	o.IsClusterMode = m.Source == slots.ClusterSlots || m.Source == slots.ClusterShards
	if o.Username == "" && o.Password == "" && o.CredentialsProvider == nil && o.CredentialsProviderContext == nil && o.StreamingCredentialsProvider == nil &&
		!r.Password.IsZero() {
		o.CredentialsProviderContext = func(ctx context.Context) (string, string, error) {
			password, err := r.Password.Read(ctx)
			return r.User, password, err
		}
	}
	if r.TLS && o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{ServerName: r.TLSOptions.ServerName, MinVersion: tls.VersionTLS12}
	}
	return o
}

// dialer connects to the addresses that a cluster announces as the observer does,
// and secures the connection where that is asked for. go-redis leaves both to a
// Dialer that it is given.
func (p place) dialer(security *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	dial := p.observe.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		seed := p.config.Address
		if address != seed && len(p.config.Discovery) == 0 {
			address = p.observe.Addresses.Used(address, seed)
		}
		c, err := dial(ctx, network, address)
		if err != nil || security == nil {
			return c, err
		}
		secure, err := p.secure(ctx, c, security, address)
		if err != nil {
			_ = c.Close()
			return nil, err
		}
		return secure, nil
	}
}

// secure shakes hands over TLS. The files of the region's certificates are read anew
// each time, since certificates are renewed.
func (p place) secure(ctx context.Context, c net.Conn, security *tls.Config, address string) (net.Conn, error) {
	security = security.Clone()
	if security.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("%s (%s): TLS: %w", p.config.Name, address, err)
		}
		security.ServerName = host
	}
	if security.RootCAs == nil {
		authorities, err := p.config.TLSOptions.Authorities()
		if err != nil {
			return nil, fmt.Errorf("%s (%s): TLS: %w", p.config.Name, address, err)
		}
		security.RootCAs = authorities
	}
	if len(security.Certificates) == 0 && security.GetClientCertificate == nil {
		certificate, err := p.config.TLSOptions.Certificate()
		if err != nil {
			return nil, fmt.Errorf("%s (%s): TLS: %w", p.config.Name, address, err)
		}
		if certificate != nil {
			security.Certificates = []tls.Certificate{*certificate}
		}
	}
	secure := tls.Client(c, security)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%s (%s): TLS: %w", p.config.Name, address, err)
	}
	return secure, nil
}
