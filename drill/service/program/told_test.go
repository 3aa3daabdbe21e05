package program_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill/service/program"
	"github.com/aafailover/aafailover/internal/hint"
)

var told = program.Told{Places: []program.Place{
	{Region: "us", Address: "127.0.0.1:7001", URL: "redis://127.0.0.1:7001"},
	{Region: "eu-west", Address: "[::1]:7002", URL: "rediss://[::1]:7002", Shared: "rediss://app:secret@[::1]:7002"},
}}

func TestArgumentsOfAService(t *testing.T) {
	withCA := told
	withCA.CA = "/tmp/ca.pem"
	for _, row := range []struct {
		name  string
		told  program.Told
		given string
		want  string
		err   string
		hint  string
	}{
		{"a name stands for the URL", told, "{us}", "redis://127.0.0.1:7001", "", ""},
		{"its parts stand for themselves", told, "{us.url} {us.address} {us.host} {us.port}", "redis://127.0.0.1:7001 127.0.0.1:7001 127.0.0.1 7001", "", ""},
		{"an address of IPv6 has its host without brackets", told, "-h {eu-west.host} -p {eu-west.port}", "-h ::1 -p 7002", "", ""},
		{"within an argument", told, "--redis={us},{eu-west}", "--redis=redis://127.0.0.1:7001,rediss://[::1]:7002", "", ""},
		{"a password is in no argument", told, "{eu-west}", "rediss://[::1]:7002", "", ""},
		{"the certificate", withCA, "--ca {ca}", "--ca /tmp/ca.pem", "", ""},
		{"braces in pairs are the text itself", told, "{{us}} {{.Names}}", "{us} {{.Names}}", "", ""},
		{"what is no name is left alone", told, `{"a":{"b":1}} ${} { us } {}`, `{"a":{"b":1}} ${} { us } {}`, "", ""},
		{"a mistyped name", told, "{uss}", "", "{uss} in the arguments of the service: there is no region uss", "did you mean {us}? {{uss}} stands for the text itself"},
		{"another name", told, "{tokyo.port}", "", "{tokyo.port} in the arguments of the service: there is no region tokyo", "the regions are {us}, {eu-west}; {{tokyo}} stands for the text itself"},
		{"a mistyped part", told, "{us.prot}", "", "{us.prot} in the arguments of the service: a region has no prot", "{us} is its URL; {us.address}, {us.host}, {us.port}, {us.url} are its parts"},
		{"a certificate that there is not", told, "{ca}", "", "{ca} in the arguments of the service: it is told no certificate", "--service-tls makes one, for this run"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := row.told.Arguments([]string{row.given})
			switch {
			case row.err == "" && (err != nil || got[0] != row.want):
				t.Errorf("%q, %v, want %q", got, err, row.want)
			case row.err != "" && (err == nil || err.Error() != row.err || !slices.Equal(hint.Of(err), []string{row.hint})):
				t.Errorf("error %v, hint %q", err, hint.Of(err))
			}
		})
	}
}

func TestEnvironmentOfAService(t *testing.T) {
	got := strings.Join(told.Environment(), "\n")
	want := `AAFAILOVER_URL_US=redis://127.0.0.1:7001
AAFAILOVER_ADDRESS_US=127.0.0.1:7001
AAFAILOVER_HOST_US=127.0.0.1
AAFAILOVER_PORT_US=7001
AAFAILOVER_URL_EU_WEST=rediss://app:secret@[::1]:7002
AAFAILOVER_ADDRESS_EU_WEST=[::1]:7002
AAFAILOVER_HOST_EU_WEST=::1
AAFAILOVER_PORT_EU_WEST=7002
AAFAILOVER_REGIONS=us,eu-west`
	if got != want {
		t.Errorf("%s", got)
	}
}

func TestNamesThatWouldBeOneVariable(t *testing.T) {
	if err := program.CheckNames([]string{"us", "eu", "us-east"}); err != nil {
		t.Error(err)
	}
	err := program.CheckNames([]string{"us-east", "eu", "us_East"})
	if want := "us-east and us_East would both be AAFAILOVER_URL_US_EAST in the environment of the service"; err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}

// Whatever stands in an argument, it is either told or refused, and never breaks anything.
func FuzzArguments(f *testing.F) {
	for _, seed := range []string{"{us}", "{{us}}", "{us.port}", "}{us", `{"a":1}`, "{us.{us}}", "{ca}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := told.Arguments([]string{text})
		if len(got) != 1 || err == nil && strings.Contains(got[0], "secret") && !strings.Contains(text, "secret") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	})
}
