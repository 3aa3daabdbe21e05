package report

import (
	"fmt"
	"math"

	"github.com/aafailover/aafailover/probe"
)

// CostText says in a sentence what observing will take, before it begins.
func CostText(c probe.Cost) string {
	return fmt.Sprintf("this will open %s, publish %s messages/s, ping %s times/s, replicate about %s/s",
		count(c.Connections, "connection"), perSecond(c.MessagesPerSecond), perSecond(c.PingsPerSecond), bytesText(c.BytesPerSecond))
}

// CostDocument is what observing takes.
type CostDocument struct {
	Connections         int     `json:"connections"`
	MessagesPerSecond   float64 `json:"messages_per_second"`
	PingsPerSecond      float64 `json:"pings_per_second"`
	DeliveriesPerSecond float64 `json:"deliveries_per_second"`
	BytesPerSecond      float64 `json:"replicated_bytes_per_second"` // an estimate
}

func costDocument(c probe.Cost) CostDocument {
	return CostDocument{Connections: c.Connections, MessagesPerSecond: finite(c.MessagesPerSecond), PingsPerSecond: finite(c.PingsPerSecond),
		DeliveriesPerSecond: finite(c.DeliveriesPerSecond), BytesPerSecond: finite(c.BytesPerSecond)}
}

// perSecond returns a rate: whole numbers from 10 up, a decimal below where there is one.
func perSecond(x float64) string {
	switch x = finite(x); {
	case math.Abs(x) < 9.95 && math.Round(x*10) != 10*math.Round(x):
		return fmt.Sprintf("%.1f", x)
	case math.Abs(x) > 1e15:
		return fmt.Sprintf("%.3g", x)
	}
	return thousands(int64(math.Round(x)))
}

func bytesText(x float64) string {
	switch x = finite(x); {
	case x < 1e3:
		return perSecond(x) + " bytes"
	case x < 1e6:
		return perSecond(x/1e3) + " kB"
	}
	return perSecond(x/1e6) + " MB"
}
