package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/redact"
)

const (
	// leastSecret is the shortest secret that is looked for by its value, in bytes: shorter ones are parts of any text.
	leastSecret = 4
	// leastAnywhere is from how many bytes on a secret is looked for inside words too.
	leastAnywhere = 8
	// leastEncoded is the fewest characters of a base64 text from which a secret in it is known.
	leastEncoded = 5
)

// form is one way to write a secret.
type form struct {
	text string
	word bool // it counts only where no letter or digit stands beside it
}

// secrets are the forms of all known secrets, the longest first: one that holds another goes first.
type secrets []form

func newSecrets(known []string) secrets {
	var all secrets
	for _, secret := range known {
		if len(secret) >= leastSecret {
			all = append(all, formsOf(secret)...)
		}
	}
	slices.SortFunc(all, func(a, b form) int {
		return cmp.Or(cmp.Compare(len(b.text), len(a.text)), cmp.Compare(a.text, b.text))
	})
	return slices.Compact(all)
}

// formsOf are the ways in which a secret may have been written.
func formsOf(secret string) []form {
	var all []form
	add := func(written ...string) {
		for _, text := range written {
			all = append(all, form{text: text, word: len(text) < leastAnywhere})
		}
	}
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	quoted := strconv.Quote(secret)
	ascii := strconv.QuoteToASCII(secret)
	add(secret, query, path, lowerEscapes(query), lowerEscapes(path), url.UserPassword("", secret).String()[1:], html.EscapeString(secret),
		quoted[1:len(quoted)-1], ascii[1:len(ascii)-1], inJSON(secret, true), inJSON(secret, false))
	inHex := hex.EncodeToString([]byte(secret))
	sum := sha256.Sum256([]byte(secret))
	hash := hex.EncodeToString(sum[:])
	add(inHex, strings.ToUpper(inHex), hash, strings.ToUpper(hash))
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
		add(encoding.EncodeToString([]byte(secret)))
		for _, text := range within(encoding, secret) {
			all = append(all, form{text: text})
		}
	}
	return slices.DeleteFunc(all, func(f form) bool { return len(f.text) < leastSecret })
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(text string) string {
	return escape.Get().ReplaceAllStringFunc(text, strings.ToLower)
}

var escape = lazy.Regexp{Text: `%[0-9A-F]{2}`}

// inJSON is a text within a string of JSON.
func inJSON(text string, forHTML bool) string {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(forHTML)
	if err := e.Encode(text); err != nil { // of a string there is none
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(out.String()), `"`), `"`)
}

// within are the characters that stand for a secret alone in a base64 text that holds more, as that of Basic
// authentication does: a character is 6 bits, so that there are three ways, by what stands before it.
func within(encoding *base64.Encoding, secret string) []string {
	var all []string
	for before := range 3 {
		text := encoding.EncodeToString(append(make([]byte, before), secret...))
		first, end := (before*8+5)/6, (before+len(secret))*8/6
		if end-first >= leastEncoded {
			all = append(all, text[first:end])
		}
	}
	return all
}

// in tells whether a text holds a secret in any form.
func (s secrets) in(text string) bool {
	return slices.ContainsFunc(s, func(f form) bool {
		return strings.Contains(text, f.text) && (!f.word || wordIndex(text, f.text) >= 0)
	})
}

// replace puts redact.Hidden in the place of every form of every secret. A text gets shorter by it, so that there is an end.
func (s secrets) replace(text string) string {
	for changed := true; changed; {
		changed = false
		for _, f := range s {
			switch {
			case !strings.Contains(text, f.text):
			case !f.word:
				text, changed = strings.ReplaceAll(text, f.text, redact.Hidden), true
			default:
				if i := wordIndex(text, f.text); i >= 0 {
					text, changed = replaceWord(text, f.text, redact.Hidden), true
				}
			}
		}
	}
	return text
}

// wordIndex is where a text holds a word beside which no letter and no digit stands; -1: nowhere.
func wordIndex(text, word string) int {
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !isWord(before) && !isWord(after) {
			return i
		}
		from = i + 1
	}
}

func isWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

// replaceWord replaces a word beside which no letter and no digit stands, each that there is, from the left.
func replaceWord(text, word, with string) string {
	var out strings.Builder
	for {
		i := wordIndex(text, word)
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:i] + with)
		text = text[i+len(word):]
	}
}
