package main

import (
	"context"
	"fmt"
)

// ofCover runs the benchmark of the package: 5 regions of so many shards each, sharded anew by chance, each in runs of slots that
// overlap those of the others as they like.
func ofCover() []experiment {
	e := experiment{
		name:  "cover.growth",
		title: "The cover of 5 regions, each with random sharding of its own",
	}
	sizes := []int{16, 64, 256, 1024, 4096}
	for _, shards := range sizes {
		took, memory := aim{}, aim{}
		if shards == 1024 {
			took, memory = atMost(20), atMost(10)
		}
		e.lines = append(e.lines,
			line{name: fmt.Sprint(shards, "-time"), what: fmt.Sprintf("5 x %d shards", shards), unit: "ms", aim: took},
			line{name: fmt.Sprint(shards, "-memory"), what: fmt.Sprintf("5 x %d shards, allocated", shards), unit: "MB", aim: memory},
		)
	}
	e.prepare = func(ctx context.Context, s *stand) (repetition, error) {
		benchmark, err := s.goBenchmark(ctx, "./slots")
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, _ int) ([]reading, error) {
			// Three levels of names, each whole.
			said, err := benchmark.run(ctx, "^BenchmarkCover$/^5x(16|64|256|1024|4096)$/^runs$", "100ms")
			if err != nil {
				return nil, err
			}
			var all []float64
			for _, shards := range sizes {
				values, ok := said[fmt.Sprintf("Cover/5x%d/runs", shards)]
				if !ok {
					return nil, fmt.Errorf("the benchmark says nothing of 5 x %d shards", shards)
				}
				all = append(all, values["ns/op"]/1e6, values["B/op"]/1e6)
			}
			return alone(all...), nil
		}, nil
	}
	return []experiment{e}
}
