// Command go-redis takes orders, with go-redis as it is by default and the least code for two regions: on an error it goes to the
// next region, and some seconds later it tries home again.
//
//	aafailover drill app region-down -- go run ./docs/examples/go-redis {us} {eu}
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const homeAfter = 5 * time.Second

// service is where orders go: to the first client, as long as that works.
type service struct {
	clients []*redis.Client
	mu      sync.Mutex
	active  int
	tryHome time.Time
}

func main() {
	s := new(service)
	for _, url := range os.Args[1:] { // home first
		options, err := redis.ParseURL(url)
		if err != nil {
			panic(err)
		}
		s.clients = append(s.clients, redis.NewClient(options))
	}
	for worker := range 4 {
		go s.work(fmt.Sprintf("order:%s-%d", rand.Text()[:6], worker))
	}
	select {}
}

func (s *service) work(name string) {
	ctx := context.Background()
	for n := 0; ; n++ {
		s.do(func(c *redis.Client) error {
			return c.Set(ctx, fmt.Sprintf("%s-%d", name, n), "3 pairs of shoes", 10*time.Minute).Err()
		})
		if n%10 == 9 {
			s.do(func(c *redis.Client) error { return c.Incr(ctx, fmt.Sprintf("customer:%d", n%7)).Err() })
			s.do(func(c *redis.Client) error {
				err := c.Get(ctx, fmt.Sprintf("%s-%d", name, n-5)).Err()
				if errors.Is(err, redis.Nil) {
					return nil // an order is gone: a real service would complain
				}
				return err
			})
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// do does it where the orders go, and on an error in the next region, until it is done.
func (s *service) do(it func(*redis.Client) error) {
	for {
		at := s.where()
		err := it(s.clients[at])
		if err == nil {
			return
		}
		s.leave(at, err)
	}
}

func (s *service) where() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active != 0 && time.Now().After(s.tryHome) {
		s.active = 0
	}
	return s.active
}

func (s *service) leave(at int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == at {
		s.active, s.tryHome = (at+1)%len(s.clients), time.Now().Add(homeAfter)
		fmt.Println("to region", s.active, "after:", err)
	}
}
