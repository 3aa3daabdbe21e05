package archive

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// Begin is who ran a drill, when, with what, from where and on what.
type Begin struct {
	Run        string    `json:"run"`
	At         time.Time `json:"at"`
	Deployment string    `json:"deployment"`
	Scenario   string    `json:"scenario"`

	User    string   `json:"user"`
	Host    string   `json:"host"`
	PID     int      `json:"pid"`
	Version string   `json:"version"`
	Command []string `json:"command"` // without passwords, and without the commands that make and heal a fault

	Prefix  string   `json:"prefix"`
	Regions []Region `json:"regions"` // the preferred one first
	Cover   []int    `json:"cover"`
	Fault   Fault    `json:"fault"`
	// Settings are those fields of [drill.Config] that are plain values.
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Region is one region that a run was on.
type Region struct {
	URL  string    `json:"url"`  // without a password
	From string    `json:"from"` // the address on this machine that leads there; "" where that is not known
	Map  slots.Map `json:"map"`  // its name and shards
}

// Fault is how a run made its fault, and so how it can be undone. The user's commands are no part of it: they may hold a
// password in any form.
type Fault struct {
	By  string `json:"by"`            // lab, proxy, manual or command
	Lab string `json:"lab,omitempty"` // address of the lab's control; "" for a lab that ended with the run
}

// Names returns the names of the regions, in their order.
func (b Begin) Names() []string {
	names := make([]string, len(b.Regions))
	for i, r := range b.Regions {
		names[i] = r.Map.Region
	}
	return names
}

// Configure sets the fields of a configuration that are plain values to those of the run.
func (b Begin) Configure(c *drill.Config) error {
	if len(b.Settings) == 0 {
		return nil
	}
	return json.Unmarshal(b.Settings, c)
}

// SettingsOf returns the fields of a configuration that are plain values: not what it reaches regions with, nor what it
// calls.
func SettingsOf(c drill.Config) (json.RawMessage, error) {
	v := reflect.ValueOf(c)
	plain := make(map[string]any)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && isPlain(f.Type, 0) {
			plain[f.Name] = v.Field(i).Interface()
		}
	}
	return json.Marshal(plain)
}

// isPlain says whether values of a type can be written and read again: they are made of numbers and texts alone.
func isPlain(t reflect.Type, depth int) bool {
	const deepest = 16 // types that contain themselves have no end
	if depth > deepest {
		return false
	}
	switch t.Kind() {
	case reflect.Func, reflect.Interface, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr:
		return false
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return isPlain(t.Elem(), depth+1)
	case reflect.Map:
		return isPlain(t.Key(), depth+1) && isPlain(t.Elem(), depth+1)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); !f.IsExported() || !isPlain(f.Type, depth+1) {
				return false
			}
		}
	}
	return true
}
