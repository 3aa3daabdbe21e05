package config

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/lazy"
)

// Flags are the flags of a command. A *pflag.FlagSet is one.
type Flags interface {
	// Changed says whether the flag was given on the command line.
	Changed(name string) bool
	// Set parses the value and sets the flag.
	Set(name, value string) error
}

// Input is everything that [Resolve] decides upon.
type Input struct {
	// Flags are the command's, already parsed; Own are their names.
	Flags Flags
	Own   []string
	// Known returns the names of the flags of all commands: what variables and keys of the file may name. It is called where there
	// are any.
	Known func() []string
	// TLS is what the flags of TLS set, and is looked at once all of them are set; nil for a command without them.
	TLS *TLS
	// Regions are the values of --region in order, APIs those of --api, Lab is that of --lab, and File is that of --config.
	Regions []string
	APIs    []string
	Lab     bool
	File    string
	// Environ is the environment, as os.Environ gives it.
	Environ []string
}

// Resolve finds and reads the file, and settles every setting: the command line beats the environment, which beats the
// file. What is not on the command line is set on in.Flags; variables and keys that belong to other commands' flags
// are left alone. The regions, or the lab in their place, are returned and validated, and each
// password that is in a file or variable, or comes from a command, is read once, as are the certificates, so that a
// missing one is a mistake now and not an outage later. ctx bounds nothing but that reading.
func Resolve(ctx context.Context, in Input) (Config, error) {
	env, err := in.environment()
	if err != nil {
		return Config{}, err
	}
	asked := slices.ContainsFunc(tlsFlags, in.Flags.Changed) // before the environment and the file change them too
	file, err := in.load(env["config"])
	if err != nil {
		return Config{}, err
	}
	if err := in.setFlags(env, file); err != nil {
		return Config{}, err
	}
	config, err := in.deployment(env, file)
	if err != nil {
		return Config{}, err
	}
	config.Path = file.Path
	if err := in.manage(&config, env); err != nil {
		return Config{}, err
	}
	if err := config.Validate(); err != nil {
		return Config{}, err
	}
	if in.TLS != nil {
		if err := config.secure(*in.TLS, asked); err != nil {
			return Config{}, err
		}
	}
	for _, r := range config.Regions {
		if _, err := r.Password.Read(ctx); err != nil {
			return Config{}, at(r.Place, fmt.Errorf("%s: %w", r, err))
		}
		if _, err := r.API.Password.Read(ctx); err != nil {
			return Config{}, at(r.API.Place, fmt.Errorf("%s: REST API: %w", r.Name, err))
		}
	}
	return config, nil
}

// manage gives the regions the APIs of the command line and of the environment.
func (in Input) manage(config *Config, env map[string]string) error {
	line, err := apis(in.APIs, "--"+apiFlag)
	if err != nil {
		return err
	}
	environment, err := apis(splitRegions(env[apiFlag]), variableName(apiFlag))
	if err != nil {
		return err
	}
	return config.manage(line, environment)
}

// environment picks out the settings in the environment: mostly there are none, and nobody needs to know the flags.
func (in Input) environment() (map[string]string, error) {
	if !slices.ContainsFunc(in.Environ, func(pair string) bool { return strings.HasPrefix(pair, Variable) }) {
		return map[string]string{}, nil
	}
	return Environment(in.Environ, in.Known())
}

// load reads the file that is named, on the command line or else by variable, or found. Without one it is an empty file.
func (in Input) load(variable string) (*File, error) {
	if in.File != "" {
		return Load(in.File, in.Known())
	}
	if variable != "" {
		file, err := Load(variable, in.Known())
		if err != nil {
			err = at(variableName("config"), err)
		}
		return file, err
	}
	if path, ok := FindFile(); ok {
		file, err := Load(path, in.Known())
		if err == nil && path == FileName {
			err = file.refuseCommands()
		}
		return file, err
	}
	return &File{}, nil
}

// setFlags sets the command's own flags from the environment or else from the file. The lab is left to deployment.
func (in Input) setFlags(env map[string]string, file *File) error {
	for _, flag := range settable(in.Own) {
		if flag == "lab" || in.Flags.Changed(flag) {
			continue
		}
		if value, ok := env[flag]; ok {
			if err := in.Flags.Set(flag, value); err != nil {
				return badValue(variableName(flag), flag, value, err)
			}
			continue
		}
		if s, ok := file.setting(flag); ok {
			if err := in.Flags.Set(flag, s.Value); err != nil {
				return badValue(s.Place+": "+s.Key, flag, s.Value, err)
			}
		}
	}
	return nil
}

func (f *File) setting(flag string) (Setting, bool) {
	i := slices.IndexFunc(f.Settings, func(s Setting) bool { return s.Flag == flag })
	if i < 0 {
		return Setting{}, false
	}
	return f.Settings[i], true
}

// badValue reports the cause that the flag library wraps: its own sentence is about the command line.
func badValue(place, flag, value string, err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		err = cause
	}
	if err = ValueError(value, err); len(hint.Of(err)) > 0 {
		return at(place, err)
	}
	return hint.Wrap(fmt.Errorf("%s: %w", place, err), "it takes what --"+flag+" takes; see --help")
}

// source is what one of the three places says about the deployment.
type source struct {
	regions []Region
	lab     bool
	says    bool // whether lab was said at all: --lab=false overrules `lab: true` of the file
	place   string
}

// deployment takes the regions or the lab from the strongest place that names either.
func (in Input) deployment(env map[string]string, file *File) (Config, error) {
	line, err := in.commandLine()
	if err != nil {
		return Config{}, err
	}
	environment, err := environmentSource(env)
	if err != nil {
		return Config{}, err
	}
	stored, err := file.source()
	if err != nil {
		return Config{}, err
	}
	refused := false
	for _, s := range []source{line, environment, stored} {
		lab := s.lab && !refused
		refused = refused || s.says && !s.lab
		switch {
		case lab && len(s.regions) > 0:
			return Config{}, hint.Wrap(fmt.Errorf("%s: both regions and the lab are given", s.place), "the lab brings its own regions: give one or the other")
		case lab:
			return Config{Lab: true}, nil
		case len(s.regions) > 0:
			return Config{Regions: s.regions}, nil
		}
	}
	return Config{}, nil
}

func (in Input) commandLine() (source, error) {
	const place = "--region"
	s := source{lab: in.Lab, says: in.Lab || in.Flags.Changed("lab"), place: place}
	for _, value := range in.Regions {
		r, err := ParseRegionFlag(value)
		if err != nil {
			return source{}, at(place, err)
		}
		r.Place = place
		s.regions = append(s.regions, r)
	}
	return s, nil
}

func environmentSource(env map[string]string) (source, error) {
	s := source{place: variableName("region")}
	for _, value := range splitRegions(env["region"]) {
		r, err := ParseRegionFlag(value)
		if err != nil {
			return source{}, at(s.place, err)
		}
		r.Place = s.place
		s.regions = append(s.regions, r)
	}
	if value, ok := env["lab"]; ok {
		lab, err := strconv.ParseBool(value)
		if err != nil {
			return source{}, badValue(variableName("lab"), "lab", env["lab"], errNotBool)
		}
		s.lab, s.says = lab, true
	}
	return s, nil
}

func (f *File) source() (source, error) {
	s := source{regions: f.Regions, place: f.Path}
	if setting, ok := f.setting("lab"); ok {
		lab, err := strconv.ParseBool(setting.Value)
		if err != nil {
			return source{}, badValue(setting.Place+": lab", "lab", setting.Value, errNotBool)
		}
		s.lab, s.says = lab, true
	}
	return s, nil
}

var errNotBool = errors.New("neither true nor false")

// nextRegion finds the commas that separate regions. A comma in a password does not, since no NAME=SCHEME:// follows it.
var nextRegion = lazy.Regexp{Text: `,\s*[^=,:/@?]*=[A-Za-z+]*://`}

// splitRegions splits a comma-separated list of NAME=URL, of regions or of APIs. A comma may follow the last.
func splitRegions(list string) []string {
	var regions []string
	list = strings.TrimRight(list, ", \t\r\n")
	for list != "" {
		one, rest := list, ""
		if next := nextRegion.Get().FindStringIndex(list); next != nil {
			one, rest = list[:next[0]], list[next[0]+1:]
		}
		regions = append(regions, strings.TrimSpace(one))
		list = rest
	}
	return regions
}
