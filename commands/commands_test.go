package commands_test

import (
	"hash/maphash"

	"github.com/aafailover/aafailover/commands"
)

// seed keys the digests of these tests.
var seed = maphash.MakeSeed()

// request is a request of words.
func request(words ...string) []commands.Argument {
	args := make([]commands.Argument, len(words))
	for i, w := range words {
		args[i] = commands.Argument{Text: []byte(w), Length: len(w)}
	}
	return args
}
