package enterprise

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/aafailover/aafailover/vitals"
)

// errNotJSON says that what answers is no REST API.
var errNotJSON = errors.New("the answer is not JSON of the expected form")

// decode reads a reply. Its errors repeat nothing of it.
func decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	switch {
	case err == nil:
		return nil
	case len(bytes.TrimSpace(body)) == 0:
		return fmt.Errorf("%w: it is empty", errNotJSON)
	case bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")):
		return fmt.Errorf("%w: it is a page for people", errNotJSON)
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) && syntax.Offset >= int64(len(body)) {
		return fmt.Errorf("%w: it ends in the middle", errors.Join(errNotJSON, io.ErrUnexpectedEOF))
	}
	return errNotJSON
}

// loose is a scalar that is a string in one release and a number in another: "1" and 1 are one uid. What is neither, nor
// true or false, is unknown.
type loose struct {
	text string
	told bool
}

// UnmarshalJSON makes loose a json.Unmarshaler. It never fails.
func (l *loose) UnmarshalJSON(b []byte) error {
	*l = loose{}
	switch {
	case len(b) == 0 || b[0] == '{' || b[0] == '[' || b[0] == 'n': // null
	case b[0] == '"':
		l.told = json.Unmarshal(b, &l.text) == nil
	default:
		*l = loose{string(b), true}
	}
	return nil
}

// number is an integer of at least 0.
func (l loose) number() vitals.Field[int64] {
	x := l.amount()
	if !x.Known() || x.Value != math.Trunc(x.Value) || x.Value > 1<<53 {
		return vitals.Field[int64]{}
	}
	return vitals.FieldOf(int64(x.Value))
}

// amount is a number of at least 0.
func (l loose) amount() vitals.Field[float64] {
	x, err := strconv.ParseFloat(l.text, 64)
	if !l.told || err != nil || !(x >= 0) || math.IsInf(x, 0) {
		return vitals.Field[float64]{}
	}
	return vitals.FieldOf(x)
}

// millis is a time in milliseconds.
func (l loose) millis() vitals.Field[time.Duration] {
	x := l.amount()
	if !x.Known() || x.Value > 1e12 { // some 30 years
		return vitals.Field[time.Duration]{}
	}
	return vitals.FieldOf(time.Duration(x.Value * float64(time.Millisecond)))
}

func (l loose) flag() vitals.Field[bool] {
	yes, err := strconv.ParseBool(l.text)
	if !l.told || err != nil {
		return vitals.Field[bool]{}
	}
	return vitals.FieldOf(yes)
}

// several is a list whose elements have one form; what has another, or is no list, is unknown.
type several[T any] struct {
	list []T
	told bool
}

// UnmarshalJSON makes several a json.Unmarshaler. It never fails.
func (s *several[T]) UnmarshalJSON(b []byte) error {
	*s = several[T]{}
	if len(b) > 0 && b[0] == '[' && json.Unmarshal(b, &s.list) == nil {
		s.told = true
	} else {
		s.list = nil
	}
	return nil
}

// fieldOf makes the field of a list.
func fieldOf[T, U any](s several[T], each func(T) U) vitals.Field[[]U] {
	if !s.told {
		return vitals.Field[[]U]{}
	}
	list := make([]U, 0, len(s.list))
	for _, one := range s.list {
		list = append(list, each(one))
	}
	return vitals.FieldOf(list)
}
