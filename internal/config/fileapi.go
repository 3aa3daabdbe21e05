package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/aafailover/aafailover/internal/hint"
)

// apiKey is the key of a region that describes its REST API.
const apiKey = "api"

// apiKeys are those below it. A user that has an '@' in its name, as most have, needs no encoding in `user`.
var apiKeys = []string{"url", "user", "passwordFile", "passwordEnv", passwordCommandKey, tlsKey}

const apiBlockHint = "write `api:` and below it, further in, url: https://USER@HOST:9443, passwordFile: FILE (or passwordEnv, passwordCommand), and tls: if its certificate is not one of the system's authorities"

// api reads the value of the key `api` of a region. As in a region, the URL is parsed before the other keys, wherever it
// stands.
func (f *File) api(value ast.Node) (API, error) {
	block, ok := value.(ast.MapNode)
	if !ok {
		return API{}, f.refuse(value, apiBlockHint, "api is not a list of keys with values")
	}
	a := API{Place: f.place(value)}
	texts, places := map[string]string{}, map[string]string{}
	for it := block.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		if !slices.Contains(apiKeys, key) {
			return API{}, f.refuse(it.Key(), suggest(key, apiKeys, "the keys below api are "+strings.Join(apiKeys, ", ")), "unknown key %s below api", showKey(key))
		}
		if err := f.checkValue(it.Key(), it.Value()); err != nil {
			return API{}, err
		}
		if key == tlsKey {
			options, err := f.tls(it.Value())
			if err != nil {
				return API{}, err
			}
			a.TLS = options
			continue
		}
		text, err := f.scalar(key, it.Value())
		if err != nil {
			return API{}, err
		}
		texts[key], places[key] = text, f.place(it.Value())
	}
	if _, ok := texts["url"]; !ok {
		return API{}, f.refuse(value, apiBlockHint, "the api has no url")
	}
	for _, key := range apiKeys[:len(apiKeys)-1] {
		if text, ok := texts[key]; ok {
			if err := f.setAPI(&a, key, text); err != nil {
				return API{}, at(places[key], fmt.Errorf("REST API: %w", err))
			}
		}
	}
	if err := a.Validate(); err != nil {
		return API{}, at(a.Place, fmt.Errorf("REST API: %w", err))
	}
	return a, nil
}

func (f *File) setAPI(a *API, key, text string) error {
	switch key {
	case "url":
		return a.parseURL(text)
	case "user":
		if a.User != "" {
			return hint.Wrap(errors.New("the URL has a user already"), "give the user in the URL or in `user`, one of them")
		}
		a.User = text
		return nil
	case "passwordFile":
		text = f.beside(text)
	}
	return a.Password.set(key, text)
}

// block is the API as the file has it, empty where there is none, and where its password is known by value: a file has no
// place for it, and an API without a password is a mistake.
func (a API) block() yaml.MapSlice {
	if a.IsZero() || a.Password.value != nil {
		return nil
	}
	block := yaml.MapSlice{{Key: "url", Value: a.URL()}}
	add := func(key, value string) {
		if value != "" {
			block = append(block, yaml.MapItem{Key: key, Value: value})
		}
	}
	add("passwordFile", a.Password.file)
	add("passwordEnv", a.Password.env)
	add(passwordCommandKey, a.Password.commandLine())
	if options := a.TLS.block(); len(options) > 0 {
		block = append(block, yaml.MapItem{Key: tlsKey, Value: options})
	}
	return block
}
