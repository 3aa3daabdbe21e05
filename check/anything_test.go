package check_test

import (
	"math"
	"math/rand"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// anything makes facts of any kind, in which regions nevertheless have much in common.
type anything struct{ rand *rand.Rand }

func (a *anything) maybe() bool { return a.rand.Intn(2) == 0 }

// facts fills all fields of Facts by their types, so that none is forgotten that is added.
func (a *anything) facts() *check.Facts {
	f := &check.Facts{}
	a.fill(reflect.ValueOf(f).Elem(), 0)
	f.Files = nil // of which only a parser makes one
	for i := range f.Regions {
		for k := range f.Regions[i].Servers {
			settings := map[string]vitals.Field[string]{}
			for _, name := range check.SettingNames() {
				var value vitals.Field[string]
				a.fill(reflect.ValueOf(&value).Elem(), 0)
				settings[name] = value
			}
			f.Regions[i].Servers[k].Vitals.Settings = settings
		}
	}
	return f
}

// fill gives a value to anything that facts are made of.
func (a *anything) fill(v reflect.Value, depth int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(a.integer()%(1<<33), 0)))
		return
	case slots.Range:
		first := a.rand.Intn(slots.Count)
		v.Set(reflect.ValueOf(slots.Range{First: first, Last: first + a.rand.Intn(slots.Count-first)}))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				a.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), a.rand.Intn(4), 4))
		for i := range v.Len() {
			a.fill(v.Index(i), depth+1)
		}
	case reflect.Pointer:
		if a.maybe() {
			v.Set(reflect.New(v.Type().Elem()))
			a.fill(v.Elem(), depth+1)
		}
	case reflect.String:
		v.SetString(a.text())
	case reflect.Bool:
		v.SetBool(a.maybe())
	case reflect.Int, reflect.Int64:
		v.SetInt(a.integer())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		v.SetUint(uint64(a.rand.Intn(3))) // a Standing, or the like
	case reflect.Float64:
		v.SetFloat([]float64{0, 1, 8400, 1e9, -1, math.NaN(), math.Inf(1), math.MaxFloat64, a.rand.Float64()}[a.rand.Intn(9)])
	case reflect.Map, reflect.Interface, reflect.Func:
	default:
		panic("facts hold a " + v.Type().String() + ", of which nobody makes any here")
	}
}

func (a *anything) integer() int64 {
	return []int64{0, 1, 2, 3, 1 << 20, 1 << 30, -1, math.MaxInt64, math.MinInt64, a.rand.Int63n(1e6)}[a.rand.Intn(10)]
}

func (a *anything) duration() time.Duration { return time.Duration(a.integer()) }

// text is often a word that means something, at times one that a server made up.
func (a *anything) text() string {
	words := []string{"", "", "yes", "no", "always", "everysec", "noeviction", "allkeys-lru", "3600 1 300 100", "0", "1048576", "-1",
		strconv.FormatInt(a.integer(), 10), "master", "us", "eu", "us.example:6379", "10.0.0.1:6379", "[::1]:6379", "127.0.0.1:6379", "7.0.15", "7.2", "ok", "fail",
		"REST API", "sentinel", "search", "primary", "replica", "online", "\x1b[31mred\x1b[0m", "a\r\nb", "two. lines.\nhere.", ".", strings.Repeat("x", 2000), "\x00", "\xff"}
	return words[a.rand.Intn(len(words))]
}
