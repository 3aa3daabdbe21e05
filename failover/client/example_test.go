package client_test

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/failover/client"
	"github.com/aafailover/aafailover/lab"
)

// An application that writes to the nearest region, and goes on in another one when that goes away. The regions are those of
// a lab here, in this process; yours have URLs of the same form.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	deployment, err := lab.Start(ctx, lab.Config{Regions: []lab.RegionConfig{{Name: "us"}, {Name: "eu"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = deployment.Close() }()
	status, err := deployment.Status(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}

	moved := make(chan client.Move, 1)
	c, err := client.New(ctx, client.Config{
		Regions: []client.Region{ // the nearest one first
			{Name: "us", URL: status.Regions[0].URL},
			{Name: "eu", URL: status.Regions[1].URL},
		},
		OnMove: func(m client.Move) { moved <- m },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = c.Close() }()

	var db redis.UniversalClient = c // what the rest of the application knows
	fmt.Println(db.Set(ctx, "greeting", "hello", time.Hour).Err(), "in", c.Active())

	if err := deployment.Inject(ctx, lab.Fault{Kind: lab.Kill, Region: "us"}); err != nil {
		fmt.Println(err)
		return
	}
	m := <-moved
	fmt.Println(m.Action, "from", m.From, "to", m.To)
	fmt.Println(db.Set(ctx, "greeting", "hello again", time.Hour).Err(), "in", c.Active())

	// Output:
	// <nil> in us
	// fail over from us to eu
	// <nil> in eu
}
