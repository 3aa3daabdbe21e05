# `make` alone prints the targets. CI runs `make ci` through .ci/run; every part of it can be run by hand.

GO           ?= go
PACKAGE      := github.com/aafailover/aafailover
VERSION      ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT       ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
DATE         ?= $(shell git log -1 --format=%cI 2>/dev/null || echo unknown)
LDFLAGS      := -s -w -X $(PACKAGE)/cmd.version=$(VERSION) -X $(PACKAGE)/cmd.commit=$(COMMIT) -X $(PACKAGE)/cmd.date=$(DATE)
# As releases are built (goreleaser.yaml): without HTTP/2, which nothing here speaks, and without what only a debugger reads.
BUILD_FLAGS  := -trimpath -tags nethttpomithttp2 -ldflags '$(LDFLAGS)'

# Not in go.mod: they would bring a thousand lines of go.sum that the program does not need.
GOLANGCI     := 2.15.0
GORELEASER   := 2.16.0
# Tests that run in real time mostly wait: more of them at a time than there are cores.
TEST_FLAGS   ?= -timeout 20m -parallel 8
# What has goroutines of its own. CI has the race detector watch these only: the rest is pure, and computes ten times as long with it.
CONCURRENT   := ./archive/... ./canary/... ./check/ask/... ./cmd/... ./drill/... ./enterprise/... ./failover/... ./faults/... ./heartbeat/... \
                ./internal/... ./lab/... ./probe/... ./proxy/... ./recorder/... ./region/... ./report/... ./simulate/... ./survey/... ./tui/... ./vitals/...
RACE         ?= ./...

.PHONY: help build test race lint smoke bench bench-peers bench-peers-record detection matrix drill-truth topologies screenshots pages soak manual man release-dry ci install clean
.NOTPARALLEL:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build ./aafailover
	$(GO) build $(BUILD_FLAGS) -o aafailover .

test: ## Run all tests; installs what they run where it can, and a skipped test fails
	@scripts/need.sh redis-server tmux
	@scripts/need-examples.sh
	$(GO) run ./scripts/gotest $(TEST_FLAGS) ./...
	cd internal/promtest && $(GO) test -timeout 20m ./...

race: ## Run all tests with the race detector (RACE='./probe ./region': those)
	@scripts/need.sh redis-server tmux
	@scripts/need-examples.sh
	$(GO) run ./scripts/gotest -race $(TEST_FLAGS) $(RACE)

lint: ## Check formatting, code, modules and the release configuration
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	GOOS=darwin $(GO) vet ./...
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && for system in windows darwin; do \
	  echo "GOOS=$$system $(GO) build ." && GOOS=$$system $(GO) build -o "$$folder/aafailover" . || exit 1; done
	cd internal/promtest && $(GO) vet ./... && $(GO) mod tidy -diff
	@scripts/golangci-lint.sh $(GOLANGCI) run ./...
	$(GO) mod tidy -diff
	$(GO) run github.com/goreleaser/goreleaser/v2@v$(GORELEASER) check

smoke: ## Use the program as its first user does, and check what it answers
	@scripts/need.sh redis-server
	scripts/smoke.sh

# COUNT=10, into a file each before and after a change, is what benchstat compares.
COUNT        ?= 1
bench: ## Run all Go benchmarks (COUNT=10: each so often, for benchstat)
	@scripts/need.sh redis-server
	$(GO) test -run='^$$' -bench=. -benchmem -count=$(COUNT) ./...

# PEERS are its flags: make bench-peers PEERS='-only slots -runs 11'; PEERS=-list prints the names.
bench-peers: ## Measure the program beside others that do the same work, in the same run (PEERS='-only slots': a part of it)
	@scripts/need.sh redis-server
	$(GO) run ./scripts/benchpeers -compare docs/performance.json $(PEERS)

bench-peers-record: ## The same, and write docs/performance.json and the tables of docs/performance.md anew
	@scripts/need.sh redis-server
	$(GO) run ./scripts/benchpeers -o docs/performance.json -document docs/performance.md $(PEERS)

# ENGINE is a server program, such as redis-server, whose processes keep the keys of the lab.
matrix: ## Run every scenario of the fault matrix 200 times simulated and 3 times over TCP; some 20 minutes (ENGINE=redis-server: once, on real servers)
	@scripts/need.sh redis-server
ifdef ENGINE
	cd matrix && $(GO) test -timeout 90m -count=1 -run TestMatrix -parallel 6 -args -runs 0 -tcp 1 -engine '$(ENGINE)'
else
	cd matrix && $(GO) test -timeout 90m -count=1 -args -runs 200 -tcp 3
endif

drill-truth: ## Compare 5,000 random drills in simulated time and 50 over TCP with the lab's truth; some 30 minutes (ENGINE=redis-server: on real servers)
ifdef ENGINE
	@scripts/need.sh redis-server
	$(GO) test -timeout 120m -count=1 -run OnServers -parallel 4 ./drill -args -engine '$(ENGINE)' -served 50
else
	$(GO) test -timeout 120m -count=1 -run 'Truth|EveryScenario' ./drill -args -runs 5000 -tcp 50
endif

topologies: ## Drill every scenario of sentinel, cluster and replica on real servers; some 4 minutes
	@scripts/need.sh redis-server
	@for topology in sentinel cluster replica; do $(GO) run . drill --topology $$topology --scenario all || exit 1; done

screenshots: ## Make the pictures of docs/screens from real runs; needs tmux
	@scripts/need.sh tmux
	scripts/screenshots.sh

pages: ## Make pictures of report pages in a browser, in dist/pages; needs chromium
	scripts/pages.sh

detection: ## Measure how long 50 faults of each kind go unnoticed, by the probe and by a client that PINGs; some 7 minutes
	$(GO) run ./scripts/detection

# SOAK are the flags of it: make soak SOAK='-for 10m'
soak: ## Watch whether a probe grows, for an hour, with faults in its lab all the time (SOAK='-for 10m': shorter)
	$(GO) run ./scripts/soak $(SOAK)

manual: ## Write docs/cli anew, from what the commands say of themselves
	$(GO) run ./scripts/manual markdown docs/cli

man: ## Write the man pages to release/man
	$(GO) run ./scripts/manual man release/man

release-dry: ## Make in dist/ all that a release consists of, and publish nothing; what needs a program that is not there is left out
	scripts/release-dry.sh $(GORELEASER)

# The last of it informs: whatever becomes of that, nothing fails.
ci: ## Everything that must pass before a change goes in
	$(MAKE) lint
	$(MAKE) smoke
	$(MAKE) race RACE='$(CONCURRENT)'
	$(MAKE) test
	-$(MAKE) bench-peers PEERS=-quick

install: ## Install aafailover where go install puts programs
	$(GO) install $(BUILD_FLAGS) .

clean: ## Remove what the other targets made
	rm -rf aafailover aafailover.exe dist release coverage.*
