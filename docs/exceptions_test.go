package docs_test

// exceptions are, by the command as it stands, how it is run otherwise, or how else it ends.
var exceptions = map[string]change{
	"check --region us=redis://… --region eu=redis://… --only persistent": {
		because: "it finds what it is shown to find, on servers that were just installed", servers: true, codes: []int{1},
	},
	"check config redis.conf --only directives-known": {because: "it finds the mistake that it is shown to find", codes: []int{1}},
	"check config redis.conf sentinel.conf":           {because: "it finds that mistake, too", codes: []int{1}},
	"evidence":                                        {because: "this is its name; it asks for --out", codes: []int{2}},
	"drill --client ping":                             {because: "a client that goes by PINGs may come back too early, which is what this drill shows", codes: []int{0, 1}},
	"drill durability --rpo 1s":                       {because: "it ends with 1 where no configuration meets the target; all rows take two minutes", codes: []int{0, 1}, another: true},
	"drill durability --rpo 1s --redis-config /etc/redis/redis.conf": {
		because: "the file of this machine is nobody's business", instead: []string{"/etc/redis/redis.conf", "sound.conf"}, codes: []int{0, 1},
	},
	"drill durability --only aof-* --repeat 10 -o json":                     {because: "that takes a minute", instead: []string{"10", "2"}},
	"drill durability --only aof-*-power-cut,rdb-aof-power-cut --repeat 10": {because: "that takes a minute", instead: []string{"10", "2"}},
	"drill resume RUN --config two.yaml --allow-writes us,eu":               {because: "what was not reached before the kill is not known", codes: []int{3}},
	"drill --topology sentinel --scenario all":                              {because: "that takes minutes: make topologies does it", instead: []string{"all", "replica-kill"}},
	"drill --topology cluster --scenario all":                               {because: "that takes minutes: make topologies does it", instead: []string{"all", "replica-kill"}},
	"drill --topology replica --scenario all":                               {because: "that takes minutes: make topologies does it", instead: []string{"all", "replica-kill"}},
	"probe --for 10m --record probe.json":                                   {because: "that takes 10 minutes", instead: []string{"10m", "2s"}},
	"probe --region us=redis://127.0.0.1:17901 --region eu=redis://127.0.0.1:17902 --vitals --vitals-every 5s --for 30s": {
		because: "a link between real servers is stalled for it by the tests of cmd", instead: []string{"30s", "2s"}, another: true,
	},
	"smoke --lab --max-rtt 500ms": {because: "a machine that is busy may take longer", instead: []string{"500ms", "30s"}},
}

// notRun are the commands that are not run here, and why.
var notRun = map[string]string{
	"drill app -- ./service --redis {us} --redis-fallback {eu}":                                                                                                                                                            "the service is the reader's own; the tests of cmd drill the examples",
	"drill app region-down --region us=redis://… --region eu=redis://… -- ./service":                                                                                                                                       "the service is the reader's own",
	"drill app --lab --listen us=0.0.0.0:7001 --listen eu=0.0.0.0:7002 --announce host.docker.internal --within 10m":                                                                                                       "it waits for a service in a container",
	"drill --topology cluster --region us=rediss://app@10.0.1.11:6379 --allow-writes us --fault manual":                                                                                                                    "a cluster of one's own is broken by hand in the tests of cmd (drill_inside_test.go)",
	"drill --topology sentinel --region us=redis+sentinel://H1:26379,H2:26379/mymaster --allow-writes us --fault manual":                                                                                                   "sentinels of one's own are in the tests of cmd (drill_inside_test.go)",
	"drill --topology cluster --region us=rediss://app@H1:6379 --allow-writes us --inject ssh ${AAFAILOVER_ACTION_REGION%:*} systemctl kill -s KILL redis --heal ssh ${AAFAILOVER_ACTION_REGION%:*} systemctl start redis": "there is no other machine to log in to; commands that break a server are in the tests of cmd (drill_inside_test.go)",
}
