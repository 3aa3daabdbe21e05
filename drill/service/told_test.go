package service_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
)

// What the service was told before the fault is not counted with what it was told since.
func TestErrorsSinceTheFault(t *testing.T) {
	s := history()
	s.Before = []recorder.Errors{{Region: us, Code: "OOM", Count: 3, First: ms(10), Last: ms(400)}, {Region: eu, Code: "OOM", Count: 1, First: ms(20), Last: ms(20)}}
	s.Errors = []recorder.Errors{{Region: us, Code: "OOM", Count: 5, First: ms(10), Last: ms(900)}, {Region: us, Code: "reset", Count: 2, First: ms(510), Last: ms(520)},
		{Region: eu, Code: "OOM", Count: 1, First: ms(20), Last: ms(20)}}
	want := []recorder.Errors{{Region: us, Code: "OOM", Count: 2, First: ms(500), Last: ms(900)}, {Region: us, Code: "reset", Count: 2, First: ms(510), Last: ms(520)}}
	if diff := cmp.Diff(want, s.Measure().Errors); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsThatWereCut(t *testing.T) {
	for _, test := range []struct {
		name string
		c    recorder.Connection
		want int
	}{
		{"by the region", recorder.Connection{Ended: ms(600), By: proxy.ByRegion}, 1},
		{"by a fault", recorder.Connection{Ended: ms(600), By: proxy.ByProxy}, 1},
		{"by the service", recorder.Connection{Ended: ms(600), By: proxy.ByApplication}, 0},
		{"before the fault", recorder.Connection{Ended: ms(400), By: proxy.ByRegion}, 0},
		{"not at all", recorder.Connection{Ended: -1}, 0},
		{"with a command unanswered, which is told as an error", recorder.Connection{Ended: ms(600), By: proxy.ByRegion, Unanswered: 1}, 0},
		{"one that was never made, which is told as an error", recorder.Connection{Reached: -1, Ended: ms(600), By: proxy.ByRegion}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := history()
			s.Connections = []recorder.Connection{test.c}
			if got := s.Measure().Cut; got != test.want {
				t.Errorf("%d, want %d", got, test.want)
			}
		})
	}
}

// Where moves are told by all commands, their moments are those of steps: what is sent within the same step is not astray.
func TestStraysOfAServiceThatWritesNothingThatCounts(t *testing.T) {
	refused := func(region int) func(*recorder.Write) {
		return func(w *recorder.Write) { w.Region, w.Outcome = region, drill.Rejected }
	}
	s := service.Seen{Fault: ms(500), End: ms(1500), Traffic: traffic("wwwwwxxxxxxxxxx", ".......wwwwwwww")}
	if m := with(s, write(750, 751, refused(us)), write(1950, 1951, refused(us))).Measure(); drawn(m.Moves) != "0>1@700" || m.Strays.Sent != 1 {
		t.Errorf("%s; %+v", drawn(m.Moves), m.Strays)
	}
}
