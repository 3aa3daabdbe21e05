package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"
	"time"
)

// WriteJSON writes a document over several lines, for -o json.
func WriteJSON(w io.Writer, document any) error {
	laidOut := newIndenting(w, "  ")
	if err := encode(laidOut, document); err != nil {
		return err
	}
	return laidOut.Flush()
}

// WriteLine writes a document as one line, the last one of -o ndjson. It does so in one piece, as an Encoder does: a line must not be
// torn by another writer of the same terminal.
func WriteLine(w io.Writer, document any) error { return encode(w, document) }

func encode(w io.Writer, document any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // "us->eu" is to stay readable, and no document goes into a page
	return encoder.Encode(document)
}

// Milliseconds is a duration that is written as a number of milliseconds, rounded to microseconds: no measurement over
// a network means more.
type Milliseconds time.Duration

// MarshalJSON returns the number, such as 0.412.
func (m Milliseconds) MarshalJSON() ([]byte, error) {
	micros := time.Duration(m).Round(time.Microsecond).Microseconds()
	return strconv.AppendFloat(nil, float64(micros)/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads what MarshalJSON writes. What is longer than a duration can be becomes the longest.
func (m *Milliseconds) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return nil
	}
	var ms float64
	if err := json.Unmarshal(text, &ms); err != nil {
		return err
	}
	const most = math.MaxInt64 / int64(time.Millisecond)
	switch {
	case ms >= float64(most):
		*m = math.MaxInt64
	case ms <= -float64(most):
		*m = math.MinInt64
	default:
		*m = Milliseconds(math.Round(ms * float64(time.Millisecond)))
	}
	return nil
}

// milliseconds returns nil, and so null, for nil.
func milliseconds(d *time.Duration) *Milliseconds { return (*Milliseconds)(d) }

// Timestamp is a time that is written as RFC 3339 with nine digits of a second, in UTC, so that the texts sort as the
// times do. The zero time is written as null: it has not been.
type Timestamp time.Time

// MarshalJSON returns the text in quotes, or null.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05.000000000Z"`)), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Timestamp) UnmarshalJSON(text []byte) error {
	var at time.Time
	err := json.Unmarshal(text, &at) // null leaves it the zero time
	*t = Timestamp(at)
	return err
}

// finite returns 0 for what JSON has no number for.
func finite(x float64) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	return x
}

// list returns a list that is written as [] when it is empty, never as null.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// convert returns the list of what each item becomes, never nil.
func convert[S, T any](items []S, one func(S) T) []T {
	all := make([]T, 0, len(items))
	for _, item := range items {
		all = append(all, one(item))
	}
	return all
}
