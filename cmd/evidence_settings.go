package cmd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/vitals/host"
)

// secrets takes note of all passwords that this process is given.
func (g *gathering) secrets(ctx context.Context) error {
	g.hide.Hosts, g.hide.Names = g.hideHosts, g.hideNames
	for _, r := range g.settled.Regions {
		for _, secret := range []config.Secret{r.Password, r.API.Password} {
			password, err := secret.Read(ctx)
			if err != nil {
				return usage(fmt.Errorf("%s: %w", r, err))
			}
			g.hide.Secrets = append(g.hide.Secrets, password)
		}
	}
	for _, variable := range g.p.Environ {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, config.Variable+"PASSWORD") {
			g.hide.Secrets = append(g.hide.Secrets, value)
		}
	}
	if name, err := os.Hostname(); err == nil {
		g.hide.Addresses = append(g.hide.Addresses, name)
	}
	return nil
}

// commandSettings are the settings whose values are command lines of the user's: they may hold a password in any form.
var commandSettings = []string{"inject", "heal", "on-change"}

// configuration adds what was configured, where, by name.
func (g *gathering) configuration() error {
	d := report.ConfigurationDocument{Schema: report.ConfigurationSchema, File: g.settled.Path, Lab: g.settled.Lab, Command: redacted(g.p.Args), Settings: []report.SettingDocument{}, Regions: []report.ConfiguredDocument{}}
	set := func(flag, value, place string) {
		if slices.Contains(commandSettings, flag) {
			value = "…"
		}
		d.Settings = append(d.Settings, report.SettingDocument{Name: flag, Value: value, Place: place})
	}
	if g.settled.Path != "" {
		file, err := config.Load(g.settled.Path, g.known)
		if err != nil {
			return usage(err)
		}
		for _, s := range file.Settings {
			set(s.Flag, s.Value, s.Place)
		}
	}
	environment, err := config.Environment(g.p.Environ, g.known)
	if err != nil {
		return usage(err)
	}
	for _, flag := range g.known {
		if value, ok := environment[flag]; ok && flag != "region" && flag != "api" {
			set(flag, value, "environment")
		}
	}
	for _, r := range g.settled.Regions {
		one := report.ConfiguredDocument{Name: r.Name, URL: r.URL(), Password: r.Password.String(), Shards: r.Shards, Place: r.Place, Insecure: r.Insecure()}
		if !r.API.IsZero() {
			one.API, one.APIPassword = r.API.URL(), r.API.Password.String()
		}
		d.Regions = append(d.Regions, one)
	}
	return g.add("configuration.json", "what was configured, by name", d)
}

// machine adds what this process runs on.
func (g *gathering) machine() error {
	m := host.Look()
	g.hide.Keep = append(g.hide.Keep, m.Kernel, m.System)
	zone, offset := time.Now().Zone()
	d := report.HereDocument{Schema: report.MachineSchema, OS: m.OS, Arch: m.Arch, System: m.System, Kernel: m.Kernel, CPUs: m.CPUs, Memory: m.Memory,
		MemoryLimit: m.MemoryLimit, OpenFiles: m.OpenFiles, Zone: zone, ZoneOffset: offset}
	if synchronised, err := host.Synchronised(); err == nil {
		d.Synchronised = &synchronised
	}
	g.hide.Regions = distinct(g.hide.Regions)
	return g.add("machine.json", "the machine that this program runs on", d)
}

// distinct are the names, each once, in their order, without empty ones.
func distinct(names []string) []string {
	var all []string
	for _, name := range names {
		if name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
