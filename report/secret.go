package report

import (
	"reflect"
	"regexp"
)

// What is read from a file may have been written by another version, or edited; and servers repeat what they were sent. So a
// report takes out of every text what looks like a password, wherever it stands.
var (
	// userInURL is the part of a URL before the host. It goes as far as the last @ of the word: a password may have one in it that
	// nobody has written as %40.
	userInURL = regexp.MustCompile(`://[^\s"'<>]*@`)
	// passwordNamed is a password that is given by name, as a query, a flag or a key of a file does.
	passwordNamed = regexp.MustCompile(`(?i)\b((?:password|passwd|secret|token)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&"',;}]+)`)
	// passwordSent is what follows AUTH, and what a server says that it did not understand of a command.
	passwordSent = regexp.MustCompile(`(\bAUTH\s+|with args beginning with:\s*)\S.*`)
)

// hidden stands where something was left out.
const hidden = "…"

// withoutSecret returns a text without what looks like a password.
func withoutSecret(text string) string {
	text = userInURL.ReplaceAllString(text, "://"+hidden+"@")
	return passwordSent.ReplaceAllString(passwordNamed.ReplaceAllString(text, "${1}"+hidden), "${1}"+hidden)
}

// withoutSecrets takes what looks like a password out of every text of a recording.
func withoutSecrets(r *Recorded) { hideIn(reflect.ValueOf(r).Elem()) }

// hideIn goes through all texts below a value that can be set.
func hideIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if was := v.String(); v.CanSet() {
			if is := withoutSecret(was); is != was {
				v.SetString(is)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			hideIn(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				hideIn(v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 { // settings that were kept as JSON, of which no report is made
			return
		}
		for i := range v.Len() {
			hideIn(v.Index(i))
		}
	case reflect.Map:
		hideInMap(v)
	}
}

// hideInMap makes the items anew: those of a map cannot be set.
func hideInMap(v reflect.Value) {
	for _, key := range v.MapKeys() {
		item := reflect.New(v.Type().Elem()).Elem()
		item.Set(v.MapIndex(key))
		hideIn(item)
		clean := reflect.New(v.Type().Key()).Elem()
		clean.Set(key)
		hideIn(clean)
		v.SetMapIndex(key, reflect.Value{})
		v.SetMapIndex(clean, item)
	}
}
