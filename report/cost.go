package report

import (
	"fmt"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// CostText says in a sentence what observing will take, before it begins.
func CostText(c probe.Cost) string {
	return fmt.Sprintf("this will open %s, publish %s messages/s, ping %s times/s, replicate about %s/s",
		words.Count(c.Connections, "connection"), words.Amount(c.MessagesPerSecond), words.Amount(c.PingsPerSecond), words.Bytes(c.BytesPerSecond))
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
