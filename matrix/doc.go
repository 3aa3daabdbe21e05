// Package matrix is the fault matrix: scenarios with known truth, each a small file, and the test that plays them against the
// lab and compares what the probe says, to the word, with what the file expects. It holds nothing but tests.
//
//	scenarios/NN-name.yaml ──> actions ──> lab, network, observer
//	        │                                   │ sockets
//	        │                      survey ──> probe ──> snapshots, verdict events
//	        ▼                                               │
//	      judge  <──────────────────────────────────────────┘
//	        └──> wrong verdicts, and the table of all scenarios
//
// The files are read by the judge and by the actions only; what is judged sees socket events. Each scenario runs over an
// in-memory network in simulated time, and over TCP in real time. Times are chosen at random from the ranges of the file, by
// a seed that every failure names.
//
//	go test ./matrix                                          each scenario once, simulated
//	go test ./matrix -args -runs 200 -tcp 3                   and often, and over TCP
//	go test ./matrix -args -scenario cut -seed 7 -runs 1      one run again
//	go test ./matrix -args -runs 0 -tcp 1 -engine redis-server   with real servers behind the fronts
//
// Whatever a file expects, no region may be called ready to be returned to while the lab's truth is that it, a link of it, its
// writes, or what was written elsewhere are not there, for longer than it takes to find out: see type truth.
//
// A file says:
//
//	says: one sentence, the truth
//	regions:                      default: us, eu and ap with two shards each
//	  - {name: us, shards: 3}     shards as the lab has them; more in type regionFile
//	dataset: true                 the probe writes and reads heartbeat keys in all regions, and an application writes all the time
//	dataset_too: true             once without, and once more with, as NN-name+dataset
//	only: [balanced]              where what is right depends on the policy
//	before: [actions]             before the probe starts
//	start: {expectation}          default: healthy
//	steps:                        in their order
//	  - wait: 1s..2s              before the actions; default a second or two
//	    measures: refused         a class of faults of which the detection times are promised: see type class
//	    do: [actions]
//	    expect: {expectation}     default: the one before goes on
//
// An action is one of
//
//	{lab: {kind: cut, from: us, to: eu, one_way: true}}       a lab.Fault by its JSON names, delay as a duration
//	{network: {kind: refuse, region: us, shard: 1}}           a faultnet.Fault, on the observer's side
//	{observer: {pause: 10s}}                                  something that befalls the observer itself
//	{client: {forge: 40}}                                     something that other clients do
//
// and an expectation
//
//	verdict: replication_failure
//	findings:                     the exact set; severity failure where none is given; shards by number, all where none
//	  - {kind: link, from: us, to: eu, shards: [2]}
//	                              cause: this|that and, for shards, some: true where chance decides
//	regions:                      what is not available
//	  us: {state: impaired, cause: refused, shards: {2: down}}
//	links:                        what is not up, loops included; * is any region
//	  us->eu: {state: down, shards: {2: down}}       its cells from shard 2; all others are up
//	  "*->ap": unknown
//	writes: {eu: {state: refused, cause: read_only}}
//	keys: {us->eu: missing}       as links; with a dataset
//	failback: {us: yes}           without a dataset, writes and failback count where they are named. With one, it is expected that
//	                              regions that are available take writes and are ready, and that keys arrive where links are up
//	never: {failback: {eu: yes}}  what no snapshot may say from the beginning of the actions on; writes, too
//	within: 3s                    from the end of the actions until all of that is so; default 5 s
//	settle: 2s                    for how long it need not be so, even if it was before; default not at all
//	proven: 12s                   from then on until writes, keys and failback are so, too; default 12 s
//	hold: 3s                      for how long it must stay so; default 3 s
//	steady: verdict               what must stay so: all (default), verdict, nothing
//	allowed: [unobservable]       verdicts that may be shown on the way, besides the one before and this one
//	passing: [eu, us->eu]         what findings may name on the way
//	changes: 1                    how often the verdict may change; default once if it is another one, else not at all
package matrix
