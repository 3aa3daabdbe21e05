package program

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
	"github.com/aafailover/aafailover/internal/words"
)

// Place is where the service reaches a region.
type Place struct {
	Region  string
	Address string // host:port of what listens for it
	URL     string // redis:// or rediss://, without user and password
	// Shared is the URL with user and password, for the environment only; "": they are not shared.
	Shared string
}

// Told is what the service is told: in its arguments by placeholders, and in its environment.
type Told struct {
	Places []Place
	CA     string // a file with the certificate that vouches for the places; "": they do not speak TLS
}

// prefix is that of all variables of this program.
const prefix = "AAFAILOVER_"

// variable is how the name of a region stands in the name of a variable.
func variable(region string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, region)
}

// CheckNames says which of the regions would be told in variables of the same name.
func CheckNames(regions []string) error {
	of := make(map[string]string)
	for _, name := range regions {
		if other, ok := of[variable(name)]; ok {
			return hint.Wrap(fmt.Errorf("%s and %s would both be %sURL_%s in the environment of the service", other, name, prefix, variable(name)),
				"give one of them a name that differs in more than case and punctuation")
		}
		of[variable(name)] = name
	}
	return nil
}

// Environment is what is added to that of the service: AAFAILOVER_REGIONS, and for each region AAFAILOVER_URL_US, _ADDRESS_US,
// _HOST_US and _PORT_US, with the name in upper case and _ for whatever is neither letter nor digit.
func (t Told) Environment() []string {
	var names, all []string
	for _, p := range t.Places {
		host, port, _ := net.SplitHostPort(p.Address)
		url := p.URL
		if p.Shared != "" {
			url = p.Shared
		}
		of := variable(p.Region)
		names = append(names, p.Region)
		all = append(all, prefix+"URL_"+of+"="+url, prefix+"ADDRESS_"+of+"="+p.Address, prefix+"HOST_"+of+"="+host, prefix+"PORT_"+of+"="+port)
	}
	all = append(all, prefix+"REGIONS="+strings.Join(names, ","))
	if t.CA != "" {
		all = append(all, prefix+"CA="+t.CA)
	}
	return all
}

// inherited is the environment of this process without its own settings, which may hold passwords that are nobody else's.
func inherited() []string {
	return slices.DeleteFunc(os.Environ(), func(one string) bool { return strings.HasPrefix(strings.ToUpper(one), prefix) })
}

// placeholder is {name} or {name.part}, or the same in two pairs of braces for the text itself.
var placeholder = lazy.Regexp{Text: `\{\{[A-Za-z0-9_-]+(?:\.[A-Za-z]+)?\}\}|\{[A-Za-z0-9_-]+(?:\.[A-Za-z]+)?\}`}

// Parts of a region that a placeholder can name.
var parts = []string{"address", "host", "port", "url"}

// Arguments are those of the service with what they stand for in the place of {us}, {us.address}, {us.host}, {us.port} and
// {ca}. {{us}} stands for the text {us}. Braces around anything but a name are left alone. The error names what is no region.
func (t Told) Arguments(arguments []string) ([]string, error) {
	var errs []error
	told := make([]string, len(arguments))
	for i, argument := range arguments {
		told[i] = placeholder.Get().ReplaceAllStringFunc(argument, func(found string) string {
			value, err := t.stands(found)
			if err != nil {
				errs = append(errs, err)
			}
			return value
		})
	}
	return told, errors.Join(errs...)
}

// stands is what a placeholder stands for.
func (t Told) stands(found string) (string, error) {
	if strings.HasPrefix(found, "{{") {
		return found[1 : len(found)-1], nil
	}
	name, part, _ := strings.Cut(found[1:len(found)-1], ".")
	i := slices.IndexFunc(t.Places, func(p Place) bool { return p.Region == name })
	switch {
	case i >= 0:
		return t.Places[i].part(found, part)
	case name == "ca" && part == "" && t.CA != "":
		return t.CA, nil
	case name == "ca" && part == "":
		return "", hint.Wrap(errors.New("{ca} in the arguments of the service: it is told no certificate"), "--service-tls makes one, for this run")
	}
	return "", hint.Wrap(fmt.Errorf("%s in the arguments of the service: there is no region %s", found, name), t.advice(name))
}

// part is one part of a place.
func (p Place) part(found, part string) (string, error) {
	host, port, err := net.SplitHostPort(p.Address)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Region, err)
	}
	switch part {
	case "", "url":
		return p.URL, nil
	case "address":
		return p.Address, nil
	case "host":
		return host, nil
	case "port":
		return port, nil
	}
	return "", hint.Wrap(fmt.Errorf("%s in the arguments of the service: a region has no %s", found, part),
		fmt.Sprintf("{%s} is its URL; {%s.%s} are its parts", p.Region, p.Region, strings.Join(parts, "}, {"+p.Region+".")))
}

// advice is what to write in the place of a name that is no region's.
func (t Told) advice(name string) string {
	var known []string
	for _, p := range t.Places {
		known = append(known, p.Region)
	}
	literally := "{{" + name + "}} stands for the text itself"
	if near, ok := words.Nearest(name, known); ok {
		return "did you mean {" + near + "}? " + literally
	}
	return "the regions are {" + strings.Join(known, "}, {") + "}; " + literally
}
