package config

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/aafailover/aafailover/internal/hint"
)

// passwordCommandKey and tlsKey are what a region, and its API, can have in a file only.
const (
	passwordCommandKey = "passwordCommand"
	tlsKey             = "tls"
)

// fileParameters are the settings of a region that are texts.
var fileParameters = append(slices.Clone(parameters), passwordCommandKey)

// regionKeys are the keys of an entry of `regions`.
var regionKeys = slices.Concat([]string{"name", "url"}, fileParameters, []string{tlsKey, apiKey})

const regionsHint = "write `regions:` and then for each region `- name: us` and, below, `url: redis://host:port`"

// addRegions takes in the value of the key `regions`.
func (f *File) addRegions(value ast.Node) error {
	list, ok := value.(*ast.SequenceNode)
	if !ok {
		return f.refuse(value, regionsHint, "regions is not a list")
	}
	if len(list.Values) == 0 {
		return f.refuse(value, regionsHint, "regions is empty")
	}
	for _, entry := range list.Values {
		r, err := f.region(entry)
		if err != nil {
			return err
		}
		f.Regions = append(f.Regions, r)
	}
	return nil
}

// region reads one entry. The URL is parsed before the other keys, wherever it stands: a passwordFile beside a
// password in the URL is an error either way round.
func (f *File) region(entry ast.Node) (Region, error) {
	keys, ok := entry.(ast.MapNode)
	if !ok {
		return Region{}, f.refuse(entry, regionsHint, "a region is not a list of keys with values")
	}
	r := Region{Place: f.place(entry)}
	texts, places := map[string]string{}, map[string]string{}
	for it := keys.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		if !slices.Contains(regionKeys, key) {
			return Region{}, f.refuse(it.Key(), regionKeyHint(key), "unknown key %s of a region", showKey(key))
		}
		if err := f.checkValue(it.Key(), it.Value()); err != nil {
			return Region{}, err
		}
		if key == tlsKey {
			options, err := f.tls(it.Value())
			if err != nil {
				return Region{}, err
			}
			r.TLSOptions = options
			continue
		}
		if key == apiKey {
			a, err := f.api(it.Value())
			if err != nil {
				return Region{}, err
			}
			r.API = a
			continue
		}
		text, err := f.scalar(key, it.Value())
		if err != nil {
			return Region{}, err
		}
		texts[key], places[key] = text, f.place(it.Value())
	}
	for _, required := range regionKeys[:2] {
		if _, ok := texts[required]; !ok {
			return Region{}, f.refuse(entry, regionsHint, "the region has no %s", required)
		}
	}
	r.Name = texts["name"]
	if err := CheckName(r.Name); err != nil {
		return Region{}, at(places["name"], err)
	}
	if err := r.parseURL(texts["url"]); err != nil {
		return Region{}, at(places["url"], err)
	}
	for _, key := range fileParameters {
		text, ok := texts[key]
		if !ok {
			continue
		}
		if key == "passwordFile" {
			text = f.beside(text)
		}
		if err := r.set(key, text); err != nil {
			return Region{}, at(places[key], err)
		}
	}
	return r, at(r.Place, r.Validate())
}

// beside is the path of a file that is named in this one, so that the two can be moved together.
func (f *File) beside(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Path), path)
}

const tlsBlockHint = "write `tls:` and below it, further in, ca: FILE, cert: FILE, key: FILE, serverName: NAME, minVersion: 1.2 or 1.3, pin: sha256:… or insecureSkipVerify: true"

// tls reads the value of the key `tls` of a region.
func (f *File) tls(value ast.Node) (TLS, error) {
	block, ok := value.(ast.MapNode)
	if !ok {
		return TLS{}, f.refuse(value, "the scheme asks for TLS: `url: rediss://HOST:PORT`; how it is done is a block: "+tlsBlockHint, "tls is not a list of keys with values")
	}
	var options TLS
	for it := block.MapRange(); it.Next(); {
		key := it.Key().GetToken().Value
		if !slices.Contains(tlsKeys, key) {
			return TLS{}, f.refuse(it.Key(), suggest(key, tlsKeys, tlsBlockHint), "unknown key %s below tls", showKey(key))
		}
		if err := f.checkValue(it.Key(), it.Value()); err != nil {
			return TLS{}, err
		}
		read := f.scalar
		if key == TLSPin {
			read = f.text // several of them are a list
		}
		text, err := read(key, it.Value())
		if err != nil {
			return TLS{}, err
		}
		if key == TLSCA || key == TLSCert || key == TLSKey {
			text = f.beside(text)
		}
		if err := options.Set(key, text); err != nil {
			if len(hint.Of(err)) == 0 {
				err = hint.Wrap(err, tlsBlockHint)
			}
			return TLS{}, at(f.place(it.Value()), fmt.Errorf("tls: %s: %w", key, err))
		}
	}
	return options, nil
}

// FileText is a configuration file for the regions, to be read by [Load]. Passwords known by value are left out, and
// with such a one its API.
func FileText(regions []Region) (string, error) {
	type entry struct {
		Name            string        `yaml:"name"`
		URL             string        `yaml:"url"`
		PasswordFile    string        `yaml:"passwordFile,omitempty"`
		PasswordEnv     string        `yaml:"passwordEnv,omitempty"`
		PasswordCommand string        `yaml:"passwordCommand,omitempty"`
		Clustered       *bool         `yaml:"clustered,omitempty"`
		Shards          int           `yaml:"shards,omitempty"`
		TLS             yaml.MapSlice `yaml:"tls,omitempty"`
		API             yaml.MapSlice `yaml:"api,omitempty"`
	}
	var file struct {
		Regions []entry `yaml:"regions"`
	}
	for _, r := range regions {
		file.Regions = append(file.Regions, entry{r.Name, r.URL(), r.Password.file, r.Password.env, r.Password.commandLine(), r.Clustered, r.Shards, r.TLSOptions.block(), r.API.block()})
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	return string(text), nil
}
