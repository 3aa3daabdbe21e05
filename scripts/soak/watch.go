//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const (
	scrapeEvery = 2 * time.Second
	lines       = 10 // of the table that is printed
)

// What may be more in the last third than in the middle one, by the medians of both: by what part, and besides by how much. The
// heap of Go goes up and down between two collections.
var allowed = map[string]struct{ part, more float64 }{
	"resident MB": {0.05, 2},
	"heap MB":     {0.10, 2},
	"goroutines":  {0, 4},
	"open files":  {0, 4},
}

// figures are the names of what is looked at, in the order of the table.
var figures = []string{"resident MB", "heap MB", "goroutines", "open files"}

// sample is what one scrape said.
type sample struct {
	after   time.Duration
	figures map[string]float64
	sent    float64
	verdict string
}

// watch scrapes a probe.
type watch struct {
	address string
	change  func(args ...string) error // something in the lab
	client  http.Client

	samples  []sample
	counters map[string]float64 // as they were last
	changes  int
}

// run scrapes until the time is over, and changes the lab meanwhile.
func (w *watch) run(ctx context.Context, s soak) error {
	w.client.Timeout, w.counters = time.Minute, map[string]float64{}
	tick := time.NewTicker(scrapeEvery)
	defer tick.Stop()
	begun, changed, printed := time.Now(), time.Now(), -1
	fmt.Println("   after   resident MB   heap MB   goroutines   open files      messages   verdict")
	for {
		one, err := w.scrape(time.Since(begun))
		if err != nil {
			return err
		}
		w.samples = append(w.samples, one)
		if row := int(one.after * lines / s.lasting); row > printed || one.after >= s.lasting {
			printed = row
			fmt.Printf("%8s  %12.1f  %8.1f  %11.0f  %11.0f  %12.0f   %s\n", one.after.Round(time.Second), one.figures["resident MB"], one.figures["heap MB"],
				one.figures["goroutines"], one.figures["open files"], one.sent, one.verdict)
		}
		if one.after >= s.lasting {
			return nil
		}
		if time.Since(changed) >= s.faults {
			if err := w.next(s.shards); err != nil {
				return err
			}
			changed = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// next makes the next change in the lab: a fault, or what takes it back.
func (w *watch) next(shards int) error {
	steps := [][]string{
		{"cut", "us", "eu"}, {"heal"}, {"kill", "ap"}, {"start", "ap"}, {"reshard", "eu", fmt.Sprint(shards - 1)}, {"reshard", "eu", fmt.Sprint(shards)},
		{"lose", "eu", "us", "--share", "20%"}, {"heal"},
	}
	step := steps[w.changes%len(steps)]
	w.changes++
	return w.change(step...)
}

// scrape asks once, and checks that no counter went down.
func (w *watch) scrape(after time.Duration) (sample, error) {
	verdict, err := w.client.Get("http://" + w.address + "/verdict")
	if err != nil {
		return sample{}, err
	}
	_, err = io.Copy(io.Discard, verdict.Body)
	_ = verdict.Body.Close()
	if err != nil {
		return sample{}, err
	}
	answer, err := w.client.Get("http://" + w.address + "/metrics")
	if err != nil {
		return sample{}, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return sample{}, err
	}
	one := sample{after: after, figures: map[string]float64{}}
	for name, family := range families {
		for _, m := range family.Metric {
			if err := w.count(name, m); err != nil {
				return sample{}, err
			}
			switch name {
			case "process_resident_memory_bytes":
				one.figures["resident MB"] = m.Gauge.GetValue() / 1e6
			case "go_memstats_heap_inuse_bytes":
				one.figures["heap MB"] = m.Gauge.GetValue() / 1e6
			case "go_goroutines":
				one.figures["goroutines"] = m.Gauge.GetValue()
			case "process_open_fds":
				one.figures["open files"] = m.Gauge.GetValue()
			case "aafailover_link_messages_sent_total":
				one.sent += m.Counter.GetValue()
			case "aafailover_verdict":
				if m.Gauge.GetValue() == 1 {
					one.verdict = m.Label[0].GetValue()
				}
			}
		}
	}
	return one, nil
}

// count fails when a counter went down since the last time.
func (w *watch) count(name string, m *dto.Metric) error {
	key := name + fmt.Sprint(m.Label)
	var value float64
	switch {
	case m.Counter != nil:
		value = m.Counter.GetValue()
	case m.Histogram != nil:
		value = float64(m.Histogram.GetSampleCount())
	default:
		return nil
	}
	if before := w.counters[key]; value < before {
		return fmt.Errorf("%s went from %g to %g", key, before, value)
	}
	w.counters[key] = value
	return nil
}

// judge compares the last third with the middle one.
func (w *watch) judge() error {
	third := len(w.samples) / 3
	if third == 0 {
		return errors.New("too short to say anything")
	}
	var grown []string
	fmt.Printf("\n%-12s  %12s  %12s  %12s\n", "median of", "first third", "middle", "last")
	for _, name := range figures {
		median := func(of []sample) float64 {
			values := make([]float64, len(of))
			for i := range of {
				values[i] = of[i].figures[name]
			}
			slices.Sort(values)
			return values[len(values)/2]
		}
		first, middle, last := median(w.samples[:third]), median(w.samples[third:2*third]), median(w.samples[2*third:])
		fmt.Printf("%-12s  %12.1f  %12.1f  %12.1f\n", name, first, middle, last)
		if a := allowed[name]; last > middle*(1+a.part)+a.more {
			grown = append(grown, fmt.Sprintf("%s from %.1f to %.1f", name, middle, last))
		}
	}
	fmt.Printf("\n%d scrapes, %d changes in the lab, %d counters, none of which went down\n", len(w.samples), w.changes, len(w.counters))
	if len(grown) > 0 {
		return fmt.Errorf("the probe has grown: %s", strings.Join(grown, ", "))
	}
	fmt.Println("flat")
	return nil
}

// freePort is an address on this machine that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() //nolint:errcheck // nobody has connected
	return l.Addr().String(), nil
}
