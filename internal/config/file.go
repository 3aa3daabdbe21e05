package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/aafailover/aafailover/internal/atonce"
	"github.com/aafailover/aafailover/internal/hint"
)

// FileName is the name under which [FindFile] looks for a configuration file.
const FileName = "aafailover.yaml"

// maxFile bounds a configuration file, in bytes. The YAML parser recurses, so that depth is bounded with it.
const maxFile = 64 << 10

const readHint = "--config names an existing, readable YAML file"

// File is a configuration file, parsed.
type File struct {
	// Path is the file's path as it was given.
	Path string
	// Regions are those of the key `regions`, the local one first. Each knows its place in the file.
	Regions []Region
	// Settings are all other keys, in the order of the file.
	Settings []Setting
}

// Setting is one key of the file that stands for a flag.
type Setting struct {
	// Flag is the name of the flag, Key the name in the file: no-color, noColor.
	Flag, Key string
	// Value is the value as it would stand on the command line: a list is joined with commas.
	Value string
	// Place is FILE:LINE:COLUMN of the value.
	Place string
}

// FindFile returns the path of the configuration file that is used when none is named: aafailover.yaml in the current
// folder, else aafailover/aafailover.yaml in the user's configuration folder.
func FindFile() (string, bool) {
	candidates := []string{FileName}
	if folder, err := os.UserConfigDir(); err == nil {
		candidates = append(candidates, filepath.Join(folder, "aafailover", FileName))
	}
	for _, path := range candidates {
		// One that exists and cannot be read counts: passing over it silently would run with other settings.
		if found, err := os.Stat(path); err == nil && !found.IsDir() {
			return path, true
		}
	}
	return "", false
}

// Load reads and parses the file at path. Besides `regions`, its keys are the names of flags in camelCase; known
// are the names of all flags of all commands, so that one file serves every command. An unknown key is
// an error that names the nearest known one. Every error about the text begins with FILE:LINE:COLUMN.
func Load(path string, known []string) (*File, error) {
	f, err := atonce.Open(path)
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("read configuration: %w", err), readHint)
	}
	defer f.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, hint.Wrap(fmt.Errorf("read configuration: %w", err), readHint)
	}
	if len(text) > maxFile {
		return nil, hint.Wrap(fmt.Errorf("%s: longer than %d bytes", path, maxFile), "is it a configuration file?")
	}
	if isUTF16(text) {
		return nil, hint.Wrap(fmt.Errorf("%s: the text is in UTF-16", path), utf16Hint)
	}
	return parseFile(path, bytes.TrimPrefix(text, []byte("\ufeff")), known) // editors on Windows put a byte order mark
}

func parseFile(path string, text []byte, known []string) (*File, error) {
	file := &File{Path: path}
	if err := checkSeparators(path, text); err != nil {
		return nil, err
	}
	stream, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, syntaxError(path, err)
	}
	documents := slices.DeleteFunc(stream.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(documents) == 0 {
		return file, nil
	}
	if len(documents) > 1 {
		return nil, file.refuse(documents[1].Body, oneDocument, "a second document")
	}
	root, ok := documents[0].Body.(ast.MapNode)
	if !ok {
		return nil, file.refuse(documents[0].Body, "write `regions:` and one `flag: value` a line", "the file is not a list of keys with values")
	}
	for it := root.MapRange(); it.Next(); {
		if err := file.add(it.Key(), it.Value(), known); err != nil {
			return nil, err
		}
	}
	return file, nil
}

const oneDocument = "write one YAML document: at most one '---', before everything else"

// checkSeparators refuses all but one '---' before it gets to the parser, which silently drops every document
// that follows an empty one.
func checkSeparators(path string, text []byte) error {
	separators := 0
	for i, line := range bytes.Split(text, []byte("\n")) {
		if bytes.HasPrefix(line, []byte("---")) {
			separators++
		}
		if separators > 1 || bytes.HasPrefix(line, []byte("...")) {
			return hint.Wrap(fmt.Errorf("%s:%d:1: a second document", path, i+1), oneDocument)
		}
	}
	return nil
}

// syntaxError keeps the parser's message and place, and drops its excerpt of the file, which may hold a password.
func syntaxError(path string, err error) error {
	message := "not valid YAML"
	if detail, ok := errors.AsType[yaml.Error](err); ok {
		if t := detail.GetToken(); t != nil && t.Position != nil {
			path = fmt.Sprintf("%s:%d:%d", path, t.Position.Line, t.Position.Column)
		}
		// The parser quotes a key that stands twice; in flow style even a URL can be a key.
		if !strings.Contains(detail.GetMessage(), "://") {
			message += ": " + oneLine.Replace(detail.GetMessage())
		}
	}
	return hint.Wrap(fmt.Errorf("%s: %s", path, message), syntaxAdvice(message))
}

// oneLine shows the characters that the parser quotes raw.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// add takes in one key of the file.
func (f *File) add(key ast.MapKeyNode, value ast.Node, known []string) error {
	name := key.GetToken().Value
	_, empty := value.(*ast.NullNode)
	if name == "regions" && !empty {
		return f.addRegions(value)
	}
	if name == "regions" {
		return f.refuse(key, regionsHint, "%q has no value", name)
	}
	if err := f.checkValue(key, value); err != nil {
		return err
	}
	if strings.EqualFold(strings.NewReplacer("-", "", "_", "").Replace(name), "allowWrites") {
		return f.refuse(key, allowWritesHint, "%s cannot stand in a file", showKey(name))
	}
	flags := settable(known)
	i := slices.IndexFunc(flags, func(flag string) bool { return camelCase(flag) == name })
	if i < 0 {
		keys := []string{"regions"}
		for _, flag := range flags {
			keys = append(keys, camelCase(flag))
		}
		advice := suggest(name, keys, "keys are `regions` and the names of flags in camelCase, as in requireCoverage")
		if text, err := f.scalar(name, value); err == nil && strings.Contains(text, "://") {
			advice = regionsHint
		}
		return f.refuse(key, advice, "unknown key %s", showKey(name))
	}
	text, err := f.text(name, value)
	if err != nil {
		return err
	}
	if slices.Contains(tlsPathFlags, flags[i]) {
		text = f.beside(text)
	}
	f.Settings = append(f.Settings, Setting{Flag: flags[i], Key: name, Value: text, Place: f.place(value)})
	return nil
}

// text is a value as it would stand on the command line.
func (f *File) text(name string, value ast.Node) (string, error) {
	list, ok := value.(*ast.SequenceNode)
	if !ok {
		return f.scalar(name, value)
	}
	var items []string
	for _, item := range list.Values {
		text, err := f.scalar(name, item)
		if err != nil {
			return "", err
		}
		if strings.Contains(text, ",") {
			return "", f.refuse(item, "give every value a line of its own", "%s: a value of the list has a comma", name)
		}
		items = append(items, text)
	}
	return strings.Join(items, ","), nil
}

// checkValue refuses a key that has no value. The place is that of the key, since the value has none.
func (f *File) checkValue(key ast.MapKeyNode, value ast.Node) error {
	if _, empty := value.(*ast.NullNode); empty {
		return f.refuse(key, "write a value, or leave the key out", "%s has no value", showKey(key.GetToken().Value))
	}
	return nil
}

// scalar is the text of a single value, as written: 1e3 stays 1e3, and 0x10 stays 0x10.
func (f *File) scalar(name string, value ast.Node) (string, error) {
	switch v := value.(type) {
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return strings.TrimSuffix(v.Value.Value, "\n"), nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return v.GetToken().Value, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return "", f.refuse(value, "write the value itself; one that begins with '&', '*' or '!' goes in single quotes",
			"%s: anchors, aliases and tags are not supported", name)
	default:
		return "", f.refuse(value, "write one value, as on the command line", "%s is not a value, or a list of values", name)
	}
}

// refuse is an error about the file at a node of it, with a hint.
func (f *File) refuse(node ast.Node, advice, format string, args ...any) error {
	return hint.Wrap(fmt.Errorf("%s: %s", f.place(node), fmt.Sprintf(format, args...)), advice)
}

// place is FILE:LINE:COLUMN of where a node begins.
func (f *File) place(node ast.Node) string {
	if m, ok := node.(ast.MapNode); ok {
		// The token of a mapping is its first ':'.
		if it := m.MapRange(); it.Next() {
			node = it.Key()
		}
	}
	position := node.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", f.Path, position.Line, position.Column)
}

// camelCase is the key in the file that stands for a flag: require-coverage, requireCoverage.
func camelCase(flag string) string {
	words := strings.Split(flag, "-")
	for i, word := range words[1:] {
		if word != "" {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}
