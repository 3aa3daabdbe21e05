// Command field prints one field of the JSON document on its standard input: `field verdict`, `field rto_ms.total`,
// `field regions.0.name`. Text is printed without quotes, everything else as JSON. A field that
// is not there is an error, so that a check which reads it fails. It is for the scripts of this folder.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: field PATH <document.json")
		os.Exit(2)
	}
	value, err := read(os.Stdin, os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "field %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
	fmt.Println(value)
}

// read finds the field at a path of names and indexes, separated by dots, in the one document of r.
func read(r io.Reader, path string) (string, error) {
	decoder := json.NewDecoder(r)
	decoder.UseNumber()
	var value, more any
	if err := decoder.Decode(&value); err != nil {
		return "", err
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return "", errors.New("more than one document")
	}
	for step := range strings.SplitSeq(path, ".") {
		var ok bool
		switch v := value.(type) {
		case map[string]any:
			value, ok = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if ok = err == nil && i >= 0 && i < len(v); ok {
				value = v[i]
			}
		}
		if !ok {
			return "", fmt.Errorf("no %q there", step)
		}
	}
	if text, ok := value.(string); ok {
		return text, nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}
