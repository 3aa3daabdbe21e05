package evidence_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/evidence"
)

// written are the ways in which a secret is planted.
var written = map[string]func(string) string{
	"as it is":            func(s string) string { return s },
	"in a query":          url.QueryEscape,
	"in a path":           url.PathEscape,
	"percents in lower":   func(s string) string { return percents.ReplaceAllStringFunc(url.QueryEscape(s), strings.ToLower) },
	"in base64":           func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"after a user":        func(s string) string { return base64.StdEncoding.EncodeToString([]byte("probe:" + s)) },
	"within a base64":     func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("ab" + s + "cd")) },
	"in hexadecimal":      func(s string) string { return hex.EncodeToString([]byte(s)) },
	"in JSON":             func(s string) string { text, _ := json.Marshal(s); return string(text) },
	"in JSON in JSON":     func(s string) string { text, _ := json.Marshal(map[string]string{"x": s}); return string(text) },
	"in HTML":             html.EscapeString,
	"quoted":              func(s string) string { return fmt.Sprintf("%q", s) },
	"as its hash":         func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) },
	"in a command":        func(s string) string { return "AUTH probe " + s },
	"in a URL":            func(s string) string { return "redis://probe:" + url.PathEscape(s) + "@redis.us.example:6379/0" },
	"twice, side by side": func(s string) string { return s + s },
}

var percents = regexp.MustCompile(`%[0-9A-F]{2}`)

// Whatever secrets and hosts are in the parts of a bundle, and however they are written, none of them is in what was packed.
func TestNoSecretAndNoHostIsPacked(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 60 {
		letters := []rune("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!@#$%&*\"'\\/+=<>é")
		var secret strings.Builder
		for range 8 + random.IntN(24) {
			secret.WriteRune(letters[random.IntN(len(letters))])
		}
		b, hosts := planted(random, secret.String())
		p, err := evidence.Pack(b, evidence.Hide{Secrets: []string{secret.String()}, Hosts: true, Names: true, Addresses: []string{"db-host:6379"}, Regions: []string{"oslo"}})
		if err != nil {
			t.Fatalf("the secret %q: %v", secret.String(), err)
		}
		for name, content := range contents(t, p, evidence.Zip) {
			for way, as := range written {
				if strings.Contains(content, as(secret.String())) {
					t.Errorf("%s has the secret %q %s", name, secret.String(), way)
				}
			}
			for _, host := range append(hosts, "db-host", "oslo") {
				if strings.Contains(strings.ToLower(content), strings.ToLower(host)) {
					t.Errorf("%s has the host %q:\n%s", name, host, content)
				}
			}
		}
	}
}

// planted is a bundle with a secret in every form in every part, and the hosts that are in it as well.
func planted(random *rand.Rand, secret string) (evidence.Bundle, []string) {
	hosts := []string{fmt.Sprintf("10.%d.3.4", random.IntN(200)), fmt.Sprintf("fd00::%x:1", 1+random.IntN(60000)), fmt.Sprintf("node%d.Cluster.example", random.IntN(100)), fmt.Sprintf("bare%d", random.IntN(1000))}
	texts := []string{fmt.Sprintf("us (%s:6379): refused; lookup %s: no such host; [%s]:6379; %s, at db-host in oslo and oslo-1", hosts[3], hosts[2], hosts[1], hosts[0])}
	for _, as := range written {
		texts = append(texts, "it says "+as(secret)+" there")
	}
	nested, _ := json.Marshal(map[string]any{"address": hosts[3] + ":6379", "oslo": texts})
	document, _ := json.Marshal(map[string]any{"texts": texts, "nested": string(nested), secret: hosts[0], "host": hosts[3], "password": "x"})
	events, _ := json.Marshal(map[string]any{"detail": texts[0] + texts[1]})
	return evidence.Bundle{
		At: time.Date(2026, 3, 1, 14, 2, 10, 0, time.UTC),
		Parts: []evidence.Part{
			{Name: "a.txt", About: "of " + hosts[0], Content: []byte(strings.Join(texts, "\n"))},
			{Name: "b.json", Content: document}, {Name: "c.ndjson", Content: append(append(events, '\n'), document[:len(document)/2]...)},
		},
		Gaps: []evidence.Gap{{What: hosts[2], Why: texts[0] + secret}},
	}, hosts
}

// contents unpacks.
func contents(t *testing.T, p *evidence.Packed, f evidence.Format) map[string]string {
	t.Helper()
	var file bytes.Buffer
	if err := p.Write(&file, f); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	if f == evidence.Zip {
		z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range z.File {
			in, err := one.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(in)
			if err != nil {
				t.Fatal(err)
			}
			found[one.Name] = string(text)
		}
		return found
	}
	compressed, err := gzip.NewReader(&file)
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(compressed); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		found[h.Name] = string(text)
	}
}

func bundle() evidence.Bundle {
	return evidence.Bundle{At: time.Date(2026, 3, 1, 14, 2, 10, 0, time.UTC), Program: evidence.Program{Version: "v1.2.3"}, Deployment: "given",
		Parts: []evidence.Part{{Name: "probe.json", About: "the verdict", Content: []byte(`{"verdict":"healthy","address":"redis1:6379"}`)}, {Name: "errors.txt", About: "errors", Content: []byte("redis1: refused\n")}},
		Gaps:  []evidence.Gap{{What: "check.json", Why: "nobody asked"}}}
}

// The same bundle makes the same bytes, in whatever order its parts are, and both formats hold the same files.
func TestTheSameBundleMakesTheSameBytes(t *testing.T) {
	var first []byte
	for range 3 {
		b := bundle()
		slices.Reverse(b.Parts)
		p, err := evidence.Pack(b, evidence.Hide{Hosts: true})
		if err != nil {
			t.Fatal(err)
		}
		var zipped, tarred, again bytes.Buffer
		if err := errors.Join(p.Write(&zipped, evidence.Zip), p.Write(&tarred, evidence.TarGz), p.Write(&again, evidence.TarGz)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(tarred.Bytes(), again.Bytes()) || first != nil && !bytes.Equal(first, zipped.Bytes()) {
			t.Error("the bytes differ")
		}
		first = zipped.Bytes()
		inZip, inTar := contents(t, p, evidence.Zip), contents(t, p, evidence.TarGz)
		if len(inZip) != 4 || fmt.Sprint(inZip) != fmt.Sprint(inTar) {
			t.Errorf("%v\n%v", inZip, inTar)
		}
	}
}

// The manifest has the checksum of each file as it is packed, and what is not there.
func TestManifest(t *testing.T) {
	p, err := evidence.Pack(bundle(), evidence.Hide{Secrets: []string{"abc", "hunter22", ""}, Hosts: true})
	if err != nil {
		t.Fatal(err)
	}
	found := contents(t, p, evidence.Zip)
	var m evidence.Manifest
	if err := json.Unmarshal([]byte(found["manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Schema != evidence.Schema || m.Hidden != (evidence.Hidden{Secrets: 1, Short: 1, Hosts: true}) || len(m.Files) != 2 || len(m.Gaps) != 1 {
		t.Errorf("%+v", m)
	}
	for _, f := range m.Files {
		if sum := fmt.Sprintf("%x", sha256.Sum256([]byte(found[f.Name]))); sum != f.SHA256 || f.Bytes != len(found[f.Name]) {
			t.Errorf("%+v, and it is %d bytes with the sum %s", f, len(found[f.Name]), sum)
		}
	}
	if found["errors.txt"] != "host-1: refused\n" || !strings.Contains(found["README.txt"], "check.json: nobody asked") {
		t.Errorf("%v", found)
	}
}

// A secret that is a word of what this program itself writes cannot be hidden everywhere: then nothing is packed.
func TestASecretThatIsLeftFailsThePacking(t *testing.T) {
	_, err := evidence.Pack(bundle(), evidence.Hide{Secrets: []string{`"healthy",`}})
	if !errors.Is(err, evidence.ErrSecret) || !strings.Contains(err.Error(), "probe.json") {
		t.Errorf("%v", err)
	}
}

func TestWhatHasNoRoomIsAGap(t *testing.T) {
	b := bundle()
	b.Parts = append(b.Parts, evidence.Part{Name: "huge.bin", Content: make([]byte, evidence.MaxBytes)})
	p, err := evidence.Pack(b, evidence.Hide{})
	if err != nil {
		t.Fatal(err)
	}
	if gaps := p.Manifest.Gaps; len(gaps) != 2 || gaps[1].What != "huge.bin" || p.Bytes() > 1<<20 {
		t.Errorf("%v, %d bytes", gaps, p.Bytes())
	}
}

func TestSave(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "e.zip")
	writes := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	holds := func(want string) {
		t.Helper()
		text, err := os.ReadFile(path)
		if err != nil || string(text) != want {
			t.Errorf("%q, %v", text, err)
		}
		if all, err := os.ReadDir(folder); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
	}
	if err := evidence.Save(path, false, writes("one")); err != nil {
		t.Fatal(err)
	}
	holds("one")
	if err := evidence.Save(path, false, writes("two")); !errors.Is(err, evidence.ErrExists) {
		t.Errorf("%v", err)
	}
	holds("one")
	if err := evidence.Save(path, true, func(w io.Writer) error { return errors.Join(writes("half")(w), io.ErrClosedPipe) }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
	holds("one")
	if err := evidence.Save(path, true, writes("three")); err != nil {
		t.Error(err)
	}
	holds("three")
	nowhere := filepath.Join(folder, "no", "e.zip")
	if err := evidence.Save(nowhere, false, writes("four")); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "write "+nowhere+": ") || strings.Contains(err.Error(), ".e.zip") {
		t.Errorf("%v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]evidence.Format{"a.zip": evidence.Zip, "A.ZIP": evidence.Zip, "a.tar.gz": evidence.TarGz, "a.tgz": evidence.TarGz, "a.tar": "", "zip": ""} {
		if got, err := evidence.FormatOf(name); got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
