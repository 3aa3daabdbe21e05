package report_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/evidence"
	"github.com/aafailover/aafailover/report"
)

// Every field of a result for programs has its place in docs/json.md.
func TestEveryFieldIsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "json.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []any{report.SlotsDocument{}, report.KeysDocument{}, report.LabDocument{}, report.LabStatusDocument{}, report.ProbeDocument{},
		report.ChangeDocument{}, report.DrillDocument{}, report.CompareDocument{}, report.ScenariosDocument{}, report.PreflightDocument{},
		report.HistoryDocument{}, report.DrillDiffDocument{}, report.ProbeDiffDocument{}, report.CleanedDocument{}, report.PromotionDocument{}, report.TopologyDocument{}, report.PromotionScenariosDocument{}, report.DurabilityDocument{}, report.ServiceDocument{}, report.ServicesDocument{},
		report.ChecksDocument{}, report.CheckDocument{}, report.AlertsDocument{}, report.SmokeDocument{},
		evidence.Manifest{}, report.ServersDocument{}, report.ConfigurationDocument{}, report.HereDocument{}} {
		of := reflect.TypeOf(document)
		fields := fieldsOf(of, nil)
		if len(fields) < 3 {
			t.Errorf("%s has the fields %q only", of, fields)
		}
		for _, field := range fields {
			if !strings.Contains(string(text), `"`+field+`"`) {
				t.Errorf("%s of %s is not in docs/json.md", field, of)
			}
		}
	}
}

// fieldsOf lists the names of all fields of a document, in it and below it.
func fieldsOf(of reflect.Type, seen []reflect.Type) []string {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || slices.Contains(seen, of) {
		return nil
	}
	seen = append(seen, of)
	var names []string
	for i := range of.NumField() {
		if name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ","); name != "" {
			names = append(names, name)
		}
		names = append(names, fieldsOf(of.Field(i).Type, seen)...)
	}
	return names
}
