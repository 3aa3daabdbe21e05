package config

import (
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// syntaxAdvice is the hint for what the parser says of a text that is no YAML.
func syntaxAdvice(message string) string {
	switch {
	case strings.Contains(message, `\t`):
		return "indent with spaces: YAML takes no tabs"
	case strings.Contains(message, "already defined"):
		return "a key stands once: the entries of a list begin with '- '"
	case strings.Contains(message, "end character"):
		return "close the quote at the end of the value"
	case strings.Contains(message, "value is not allowed in this context"), strings.Contains(message, "non-map value"):
		return "begin the lines that belong together in the same column, with a space behind every ':' and '-'; " + quoteValues
	}
	return quoteValues
}

const quoteValues = "put values that have ': ', ' #' or quotes in them in single quotes"

// utf16Hint is for what editors and PowerShell on Windows write unless they are told otherwise.
const utf16Hint = "save it as UTF-8; in PowerShell, Out-File -Encoding utf8"

// isUTF16 tells a text by its byte order mark.
func isUTF16(text []byte) bool {
	return bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff})
}

// regionKeyHint is the hint for a key that no region has.
func regionKeyHint(key string) string {
	if near, ok := words.Nearest(key, regionKeys); ok {
		return "did you mean " + near + "?"
	}
	for _, known := range []map[string]string{regionKeyAdvice(), parameterAdvice()} {
		if near, ok := words.Nearest(key, slices.Sorted(maps.Keys(known))); ok {
			return known[near]
		}
	}
	return "the keys of a region are " + strings.Join(regionKeys, ", ")
}

// regionsAdvice says why the file that should have named the regions does not; path is that of the file that was read, "" for
// none. It is "" where nothing looks like one.
func regionsAdvice(path string) string {
	if path != "" {
		return path + " was read, and names no region: " + regionsHint
	}
	return misplacedFile()
}

// misplacedFile says what is wrong with something here that nearly has the name of the configuration file; "" for nothing.
func misplacedFile() string {
	if found, err := os.Stat(FileName); err == nil && found.IsDir() {
		return FileName + " here is a folder, and no file: a container makes one where the file that is mounted does not exist"
	}
	for _, name := range []string{"aafailover.yml", "." + FileName, ".aafailover.yml", "aafailover.json"} {
		if found, err := os.Stat(name); err == nil && !found.IsDir() {
			return name + " here is not read by itself: call it " + FileName + ", or give --config " + name
		}
	}
	return ""
}
