package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// regionKeys are the keys of an entry of `regions`.
var regionKeys = append([]string{"name", "url"}, parameters...)

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
			return Region{}, f.refuse(it.Key(), suggest(key, regionKeys, "the keys of a region are "+strings.Join(regionKeys, ", ")),
				"unknown key %s of a region", showKey(key))
		}
		if err := f.checkValue(it.Key(), it.Value()); err != nil {
			return Region{}, err
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
	for _, key := range parameters {
		text, ok := texts[key]
		if !ok {
			continue
		}
		if key == "passwordFile" && text != "" && !filepath.IsAbs(text) {
			// Beside the file that names it, so that the two can be moved together.
			text = filepath.Join(filepath.Dir(f.Path), text)
		}
		if err := r.set(key, text); err != nil {
			return Region{}, at(places[key], err)
		}
	}
	return r, at(r.Place, r.Validate())
}

// FileText is a configuration file for the regions, to be read by [Load]. Passwords known by value are left out.
func FileText(regions []Region) (string, error) {
	type entry struct {
		Name         string `yaml:"name"`
		URL          string `yaml:"url"`
		PasswordFile string `yaml:"passwordFile,omitempty"`
		PasswordEnv  string `yaml:"passwordEnv,omitempty"`
		Clustered    *bool  `yaml:"clustered,omitempty"`
		Shards       int    `yaml:"shards,omitempty"`
	}
	var file struct {
		Regions []entry `yaml:"regions"`
	}
	for _, r := range regions {
		file.Regions = append(file.Regions, entry{r.Name, r.URL(), r.Password.file, r.Password.env, r.Clustered, r.Shards})
	}
	text, err := yaml.Marshal(file)
	if err != nil {
		return "", fmt.Errorf("write configuration: %w", err)
	}
	return string(text), nil
}
