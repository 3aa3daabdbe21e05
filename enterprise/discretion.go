package enterprise

import (
	"encoding/json"
	"maps"
	"net/url"
	"strings"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/vitals"
)

// mostText bounds a text of a reply that is kept, in bytes.
const mostText = 300

// discretion knows the passwords that stood in replies, and keeps them out of the texts that are taken from them. Sources
// have their password in their URI, and an error of a source may repeat it. It is never altered, only replaced.
type discretion struct {
	secrets map[string]bool
	// many says that there were more than can be looked for in each text: nothing is shown then.
	many bool
}

// mostSecrets bounds what is remembered of a reply, and of all together. No reply to what is asked here has a tenth of it.
const mostSecrets = 1000

// with returns one that knows what both know.
func (d discretion) with(more discretion) discretion {
	all := maps.Clone(more.secrets)
	maps.Copy(all, d.secrets)
	if len(all) > mostSecrets {
		all = more.secrets
	}
	return discretion{all, d.many || more.many}
}

// secretNames are parts of the names of fields that hold secrets: authentication_redis_pass, client_key, credentials.
var secretNames = []string{"pass", "secret", "credential", "token", "private", "client_key"}

// discretionOf looks a reply through. password is the one that was sent.
func discretionOf(body []byte, password string) discretion {
	d := discretion{secrets: map[string]bool{}}
	d.add(password)
	var everything any
	if json.Unmarshal(body, &everything) == nil {
		d.collect(everything, false)
	}
	return d
}

// collect adds the secrets in a value; secret says that the value itself is one, or holds some.
func (d *discretion) collect(value any, secret bool) {
	switch v := value.(type) {
	case map[string]any:
		for name, below := range v {
			name = strings.ToLower(name)
			hides := false
			for _, part := range secretNames {
				hides = hides || strings.Contains(name, part)
			}
			d.collect(below, hides || secret && name != "username")
		}
	case []any:
		for _, below := range v {
			d.collect(below, secret)
		}
	case string:
		if secret {
			d.add(v)
		}
		for _, found := range userinfo.Get().FindAllStringSubmatch(v, -1) {
			d.addLogin(found[1])
		}
		if _, rest, ok := strings.Cut(v, "://"); ok { // the text may be nothing but a URI, with a space in its password
			d.addLogin(rest[:max(strings.LastIndexByte(rest, '@'), 0)])
		}
	}
}

// addLogin adds the password of user:password, as it stands there and decoded.
func (d *discretion) addLogin(login string) {
	_, password, _ := strings.Cut(login, ":")
	d.add(password)
	if plain, err := url.PathUnescape(password); err == nil {
		d.add(plain)
	}
}

func (d *discretion) add(secret string) {
	switch {
	case secret == "" || d.many:
	case len(d.secrets) >= mostSecrets && !d.secrets[secret]:
		d.many = true
	default:
		d.secrets[secret] = true
	}
}

// userinfo matches what stands between "://" and the last '@' before the next space.
var userinfo = lazy.Regexp{Text: `://(\S*)@`}

// betrays tells whether a text repeats a secret.
func (d discretion) betrays(text string) bool {
	if d.many {
		return true
	}
	for secret := range d.secrets {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// text is what a server said, as people may see it: on one line, not too long, and none of it where it repeats a
// password.
func (d discretion) text(said string) string {
	said = userinfo.Get().ReplaceAllString(said, "://")
	if d.betrays(said) {
		return "(it repeats a password, and is not shown)"
	}
	if len(said) > mostText {
		said = strings.ToValidUTF8(said[:mostText], "") + "…"
	}
	return strings.ToValidUTF8(words.Clean(said), "?")
}

// field is a text as a field.
func (d discretion) field(l loose) vitals.Field[string] {
	if !l.told {
		return vitals.Field[string]{}
	}
	return vitals.FieldOf(d.text(l.text))
}
