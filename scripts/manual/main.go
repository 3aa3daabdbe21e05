// Command manual writes the documents of the commands: `manual markdown docs/cli` what a browser shows, `manual man FOLDER`
// man pages, `manual completion FOLDER` what makes a shell complete them. They say what --help says, and hold no date,
// so that the same commands give the same files. What was written for a command that is gone is removed.
//
//	commands of package cmd ─> page: paragraphs, tables, flags ─> Markdown
//	                                                          └─> roff
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/cmd"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: manual markdown|man|completion FOLDER")
		os.Exit(2)
	}
	files, pattern, err := write(os.Args[1], cmd.Commands())
	if err == nil {
		err = replace(os.Args[2], pattern, files)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "manual %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// write returns the files of one kind by their names, and the pattern that all of them match.
func write(kind string, root *cobra.Command) (files map[string]string, pattern string, err error) {
	files = make(map[string]string)
	switch kind {
	case "markdown":
		files["README.md"] = index(root)
		everyPage(root, func(p page) { files[p.file()+".md"] = markdown(p) })
		return files, "*.md", nil
	case "man":
		everyPage(root, func(p page) { files[p.file()+manEnding] = compressed(roff(p)) })
		return files, "*" + manEnding, nil
	case "completion":
		files, err := completions()
		return files, "aafailover.*", err
	}
	return nil, "", errors.New("it is markdown, man or completion")
}

// manEnding is what the names of man pages end with: packages are to have them compressed.
const manEnding = ".1.gz"

// compressed is a text as gzip has it, without the time, and as small as Debian wants it.
func compressed(text string) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // of a level that there is
	_, _ = w.Write([]byte(text))                          // to memory
	_ = w.Close()
	return b.String()
}

// replace writes the files to a folder, and removes those of the pattern that are not among them.
func replace(folder, pattern string, files map[string]string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	there, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		return err
	}
	for _, path := range there {
		if _, ok := files[filepath.Base(path)]; !ok {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
