package region

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

// Library is a library of functions that a server has.
type Library struct {
	Name      string
	Digest    string // the SHA-256 of its engine and its code, in hexadecimal; the code itself goes nowhere
	Functions []string
}

// Libraries asks for the libraries of functions, by name. Servers before 7.0 do not tell.
func (x *Examination) Libraries(ctx context.Context) (vitals.Field[[]Library], error) {
	v, err := x.say(ctx, mostOfCode, "FUNCTION", "LIST", "WITHCODE")
	if err != nil || v.Err() != nil {
		return untold[[]Library](v.Err()), err
	}
	libraries, ok := librariesOf(v)
	if !ok {
		return vitals.Field[[]Library]{}, nil
	}
	return vitals.FieldOf(libraries), nil
}

// librariesOf takes the answer to FUNCTION LIST WITHCODE: of each library a map of
// library_name, engine, functions, of which each is a map with a name, and library_code.
func librariesOf(v resp.Value) ([]Library, bool) {
	if v.Kind != resp.Array && v.Kind != resp.Set {
		return nil, false
	}
	libraries := []Library{}
	for _, entry := range v.Elems {
		name, named := entry.Field("library_name")
		code, coded := entry.Field("library_code")
		if !named || !coded {
			return nil, false
		}
		engine, _ := entry.Field("engine")
		sum := sha256.Sum256([]byte(engine.Str + "\n" + code.Str))
		l := Library{Name: presentable(name.Str), Digest: hex.EncodeToString(sum[:])}
		functions, _ := entry.Field("functions")
		for _, f := range functions.Elems {
			if n, ok := f.Field("name"); ok {
				l.Functions = append(l.Functions, presentable(n.Str))
			}
		}
		slices.Sort(l.Functions)
		libraries = append(libraries, l)
	}
	slices.SortFunc(libraries, func(a, b Library) int { return strings.Compare(a.Name, b.Name) })
	return libraries, true
}
