package cmd_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/redistest"
)

// controlHint is that of an address at which no control of a lab can be.
const controlHint = "hint: a lab prints the address of its control when it starts, for example --control 127.0.0.1:4567"

// wrong is one mistake, or one server in trouble, and what the user gets for it.
type wrong struct {
	name    string
	environ []string
	args    []string
	code    int
	stderr  []string // all lines
}

// prompt is how long a mistake may take to be found: far less than longest, and far more than the few time-outs of a second that
// there may be, since this machine is busy with others.
const prompt = 30 * time.Second

// check runs the program and compares. Every line but hints begins with the program's name, nothing is printed as a
// result, and it is over promptly.
func (w wrong) check(t *testing.T) {
	t.Helper()
	o := run(t, w.environ, w.args...)
	if o.code != w.code {
		t.Errorf("exit code %d, want %d", o.code, w.code)
	}
	if o.stdout != "" {
		t.Errorf("stdout is not empty: %s", o.stdout)
	}
	if want := strings.Join(w.stderr, "\n") + "\n"; o.stderr != want {
		t.Errorf("stderr:\n%swant:\n%s", o.stderr, want)
	}
	if !everyErrorHasAHint(o.stderr) {
		t.Errorf("an error without a hint:\n%s", o.stderr)
	}
	if o.took > prompt {
		t.Errorf("took %v, want at most %v", o.took, prompt)
	}
}

// everyErrorHasAHint tells whether each line that is an error is followed by one that says what to do.
func everyErrorHasAHint(stderr string) bool {
	lines := strings.Split(stderr, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "aafailover: ") && (i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "hint: ")) {
			return false
		}
	}
	return true
}

func TestWhatIsWrongOnTheCommandLineIsSaidBeforeAnythingStarts(t *testing.T) {
	t.Parallel()
	const us, eu = "us=redis://us.invalid", "eu=redis://eu.invalid"
	two := []string{"--region", us, "--region", eu}
	with := func(command string, more ...string) []string {
		return append(append([]string{command}, two...), more...)
	}
	for _, w := range []wrong{
		{name: "a command that there is not", args: []string{"prbe"},
			stderr: []string{`aafailover: unknown command "prbe" for "aafailover"`, "hint: did you mean probe?"}},
		{name: "a command of a command that there is not", args: []string{"lab", "cutt", "us", "eu"},
			stderr: []string{`aafailover: unknown command "cutt" for "aafailover lab"`, "hint: did you mean cut?"}},
		{name: "help about a command that there is not", args: []string{"help", "quux"},
			stderr: []string{`aafailover: unknown command "quux" for "aafailover"`, "hint: aafailover --help lists the commands"}},
		{name: "a shell that there is not", args: []string{"completion", "quux"},
			stderr: []string{`aafailover: unknown command "quux" for "aafailover completion"`, "hint: aafailover completion --help lists the commands"}},
		{name: "an unknown flag", args: []string{"probe", "--intervall", "1s"},
			stderr: []string{"aafailover: unknown flag: --intervall", "hint: did you mean --interval?"}},
		{name: "a flag like no other", args: []string{"probe", "--quux"},
			stderr: []string{"aafailover: unknown flag: --quux", "hint: aafailover probe --help shows what it takes"}},
		{name: "a flag of other commands", args: []string{"slots", "--once"},
			stderr: []string{"aafailover: unknown flag: --once", "hint: --once is a flag of aafailover probe"}},
		{name: "one dash in the place of two", args: []string{"slots", "-region", us},
			stderr: []string{"aafailover: unknown shorthand flag: 'r' in -region", "hint: write two dashes: --region"}},
		{name: "a flag of a command that there is not", args: []string{"prbe", "--once"},
			stderr: []string{`aafailover: unknown command "prbe" for "aafailover"`, "hint: did you mean probe?"}},
		{name: "the version as a flag", args: []string{"--version"},
			stderr: []string{"aafailover: unknown flag: --version", "hint: aafailover version prints it"}},
		{name: "flags behind two dashes", args: []string{"probe", "--", "--once"},
			stderr: []string{`aafailover: aafailover probe takes no argument, and there is "--once"`, "hint: leave out the --: what stands behind it is no flag"}},
		{name: "a region without its flag", args: []string{"smoke", "us=redis://u:hunter22@us.invalid"},
			stderr: []string{`aafailover: aafailover smoke takes no argument, and there is "…@us.invalid"`, "hint: each region has a --region of its own in front: --region us=redis://HOST:PORT"}},
		{name: "name and URL apart", args: []string{"slots", "--region", "us", "redis://u:hunter22@us.invalid"},
			stderr: []string{`aafailover: unknown command "…@us.invalid" for "aafailover slots"`, "hint: each region has a --region of its own in front: --region us=redis://HOST:PORT"}},
		{name: "a command below one that runs, nearly", args: []string{"probe", "simulat"},
			stderr: []string{`aafailover: unknown command "simulat" for "aafailover probe"`, "hint: did you mean simulate?"}},
		{name: "a command in the place of a scenario, nearly", args: []string{"drill", "lst"},
			stderr: []string{`aafailover: unknown command "lst" for "aafailover drill"`, "hint: did you mean list?"}},
		{name: "a scenario, nearly", args: []string{"drill", "region-dwon"},
			stderr: []string{`aafailover: unknown scenario "region-dwon"`, "hint: did you mean region-down? aafailover drill list shows the scenarios"}},
		{name: "a scenario by the flag of topologies", args: []string{"drill", "--scenario", "region-down"},
			stderr: []string{"aafailover: --scenario says nothing without --topology", "hint: give --topology sentinel, cluster or replica too, or leave it out; a scenario between regions stands without a flag: aafailover drill region-down"}},
		{name: "a time without a unit", args: with("probe", "--interval", "1"),
			stderr: []string{`aafailover: --interval: "1" has no unit`, "hint: a time has its unit: 250ms, 1.5s, 2m or 1h"}},
		{name: "a word for a number", args: with("probe", "--shards", "many"),
			stderr: []string{`aafailover: --shards: "many" is not a whole number`, "hint: write digits only"}},
		{name: "no key", args: []string{"slots", "of"},
			stderr: []string{"aafailover: aafailover slots of needs a key, and none is given", "hint: for example: aafailover slots of foo '{user1}.cart'"}},
		{name: "two profiles", args: []string{"check", "render", "balanced", "low-latency"},
			stderr: []string{`aafailover: aafailover check render takes one profile, and "low-latency" is too much`, "hint: for example: aafailover check render balanced --replicas 2 --maxmemory 4gb > redis.conf"}},
		{name: "a flag without its value", args: []string{"probe", "--region"},
			stderr: []string{"aafailover: flag needs an argument: --region", "hint: write --region NAME=URL"}},
		{name: "an argument too many", args: []string{"version", "x"},
			stderr: []string{`aafailover: aafailover version takes no argument, and there is "x"`, "hint: aafailover version --help shows what it takes"}},
		{name: "an unknown variable", environ: []string{"AAFAILOVER_INTERVALL=1s"}, args: []string{"slots", "key", "0"},
			stderr: []string{"aafailover: unknown environment variable AAFAILOVER_INTERVALL", "hint: did you mean AAFAILOVER_INTERVAL?"}},
		{name: "a variable whose value is none", environ: []string{"AAFAILOVER_INTERVAL=often"}, args: with("probe"),
			stderr: []string{`aafailover: AAFAILOVER_INTERVAL: "often" is not a time`, "hint: a time has its unit: 250ms, 1.5s, 2m or 1h"}},
		{name: "a form that a command does not print", args: with("slots", "-o", "csv"),
			stderr: []string{`aafailover: invalid argument "csv" for "-o, --output" flag: must be table or json`, "hint: aafailover slots --help shows what it takes"}},
		{name: "no region for slots", args: []string{"slots"},
			stderr: []string{"aafailover: no regions given", "hint: give --region NAME=URL for each region, --config FILE (or aafailover.yaml here), or --lab for the built-in one"}},
		{name: "no region for probe", args: []string{"probe", "--once"},
			stderr: []string{"aafailover: no regions given", "hint: give --region NAME=URL for each region, --config FILE (or aafailover.yaml here), or --lab for the built-in one"}},
		{name: "two regions of one name", args: []string{"probe", "--region", us, "--region", "US=redis://other.invalid"},
			stderr: []string{"aafailover: --region: US: a region of this name was given before", "hint: give every region a name of its own; upper and lower case do not tell names apart"}},
		{name: "one endpoint written twice", args: []string{"slots", "--region", us, "--region", "eu=redis://us.invalid:6379"},
			stderr: []string{"aafailover: --region: eu (us.invalid:6379): the same endpoint as us", "hint: a region is one endpoint of the Active-Active database; databases and users of one endpoint are one region"}},
		{name: "one endpoint under two names", args: []string{"probe", "--region", "us=redis://127.0.0.1:7", "--region", "eu=redis://localhost:7"},
			stderr: []string{"aafailover: eu (localhost:7): the same endpoint as us (127.0.0.1:7): both are 127.0.0.1:7", "hint: a region is one endpoint of the Active-Active database: give each region the address of its own"}},
		{name: "regions and the lab", args: with("probe", "--lab"),
			stderr: []string{"aafailover: --region: both regions and the lab are given", "hint: the lab brings its own regions: give one or the other"}},
		{name: "a URL of another scheme", args: []string{"slots", "--region", "us=http://us.invalid"},
			stderr: []string{"aafailover: --region: us: the scheme of the URL is neither redis nor rediss", "hint: give the endpoint of the database, as applications do: redis://HOST:PORT, or rediss:// for TLS; the REST API of a cluster (port 9443) goes to --api"}},
		{name: "a region without a name", args: []string{"slots", "--region", "redis://:secret@us.invalid"},
			stderr: []string{"aafailover: --region: a region is NAME=URL, and the name is missing", "hint: write --region NAME=URL, for example --region us=redis://user@redis.us.example:12000"}},
		{name: "port 0", args: []string{"slots", "--region", "us=redis://us.invalid:0"},
			stderr: []string{"aafailover: --region: us: the port of the URL is not between 1 and 65535", "hint: give the port of the endpoint, or leave it out for the usual one"}},
		{name: "a negative interval", args: with("probe", "--interval", "-250ms"),
			stderr: []string{"aafailover: interval -250ms: must be at least 5ms", "hint: aafailover probe --help shows what it takes"}},
		{name: "a negative time to run for", args: with("probe", "--for", "-30s"),
			stderr: []string{"aafailover: for -30s: must be more than 0", "hint: aafailover probe --help shows what it takes"}},
		{name: "a negative time-out", args: with("slots", "--timeout", "-1s"),
			stderr: []string{"aafailover: timeout -1s: must be more than 0 and at most 1m0s", "hint: aafailover slots --help shows what it takes"}},
		{name: "a deadline longer than makes sense", args: with("probe", "--deadline", "5h", "--horizon", "10h"),
			stderr: []string{
				"aafailover: deadline 5h0m0s: must be at most 1m0s: a link that is silent for longer is not up", "hint: aafailover probe --help shows what it takes",
				"aafailover: horizon 10h0m0s: must be at most 1h0m0s", "hint: aafailover probe --help shows what it takes",
				"aafailover: horizon 10h0m0s: is more than 65536 intervals of 250ms", "hint: aafailover probe --help shows what it takes",
			}},
		{name: "once and for a time", args: with("probe", "--once", "--for", "3s"),
			stderr: []string{"aafailover: both --once and --for are given", "hint: give one of them"}},
		{name: "no message at all", args: with("probe", "--max-messages", "NaN"),
			stderr: []string{"aafailover: max-messages NaN: must be more than 0", "hint: aafailover probe --help shows what it takes"}},
		{name: "a prefix with a brace", args: with("probe", "--prefix", "a{b"),
			stderr: []string{"aafailover: the prefix may not contain '{'", "hint: a prefix is 1 to 64 letters, digits, '-', '_', '.' or ':'"}},
		{name: "a word for a slot", args: []string{"slots", "key", "foo"},
			stderr: []string{`aafailover: "foo" is not a slot`, "hint: slots are 0 to 16383"}},
		{name: "a slot beyond the last", args: []string{"slots", "key", "16384"},
			stderr: []string{`aafailover: "16384" is not a slot`, "hint: slots are 0 to 16383"}},
		{name: "a scenario that there is not", args: []string{"drill", "asteroid"},
			stderr: []string{`aafailover: unknown scenario "asteroid"`, "hint: aafailover drill list shows the scenarios"}},
		{name: "a negative rate", args: []string{"drill", "--rate", "-1"},
			stderr: []string{"aafailover: a rate of -1 writes/s makes no sense: it must be 0.1 to 100000", "hint: aafailover drill --help shows what it takes"}},
		{name: "a negative phase", args: []string{"drill", "--outage", "-1s"},
			stderr: []string{"aafailover: outage -1s: must be 0 to 1h0m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "keys that would not outlive the drill", args: []string{"drill", "--expiry", "10s"},
			stderr: []string{"aafailover: an expiry of 10s is too short: keys must outlive the drill, so at least 6m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "a policy that there is not", args: []string{"drill", "--on-replication-failure", "panic"},
			stderr: []string{`aafailover: reaction "panic": must be failover, stay or alert`, "hint: aafailover drill --help shows what it takes"}},
		{name: "a weight without a number", args: []string{"drill", "--weight", "eu"},
			stderr: []string{`aafailover: weight "eu": must be NAME=WEIGHT`, "hint: aafailover drill --help shows what it takes"}},
		{name: "a weight beyond the greatest", args: []string{"drill", "--weight", "eu=5000"},
			stderr: []string{"aafailover: weight 5000 of eu: must be 0 to 1000", "hint: aafailover drill --help shows what it takes"}},
		{name: "a weight of a region that there is not", args: []string{"drill", "--weight", "mars=5"},
			stderr: []string{"rehearsing on the built-in lab: no region was given, and nothing real is touched", `aafailover: --weight names "mars", which is not a region`, "hint: the regions are us, eu, ap"}},
		{name: "a cause that there is not", args: []string{"drill", "--on-cause", "asteroid=stay"},
			stderr: []string{`aafailover: cause "asteroid": is none, and none of the classes connection, settings, writes`, "hint: aafailover drill --help shows what it takes"}},
		{name: "a client that there is not", args: []string{"drill", "--client", "psychic"},
			stderr: []string{`aafailover: client "psychic": must be pubsub, ping or timeout`, "hint: aafailover drill --help shows what it takes"}},
		{name: "a policy for a client that has none", args: []string{"drill", "--client", "ping", "--min-stay", "5s"},
			stderr: []string{"aafailover: --min-stay is of the failover policy, and the client ping has none", "hint: leave it out, or give --client pubsub"}},
		{name: "a client that looks for the way back all the time", args: []string{"drill", "--client", "ping", "--client-return", "0s"},
			stderr: []string{"aafailover: return 0s: must be more than 0", "hint: aafailover drill --help shows what it takes"}},
		{name: "a client that takes too long", args: []string{"drill", "--client", "ping", "--client-grace", "2h", "--expiry", "9h"},
			stderr: []string{"aafailover: client-grace and client-return: 2h0m0s is too long: at most 1h0m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "a comparison with one client", args: []string{"drill", "compare", "--client", "ping"},
			stderr: []string{"aafailover: --client is of one drill, and a comparison is several", "hint: run each with `aafailover drill --client CLIENT` instead"}},
		{name: "a comparison of a scenario that there is not", args: []string{"drill", "compare", "asteroid"},
			stderr: []string{`aafailover: unknown scenario "asteroid"`, "hint: aafailover drill list shows the scenarios"}},
		{name: "a flap limit without a time", args: []string{"drill", "--flap-limit", "3"},
			stderr: []string{`aafailover: flap limit "3": must be MOVES/DURATION, as in 3/10m`, "hint: aafailover drill --help shows what it takes"}},
		{name: "a drill with one region", args: []string{"drill", "--region", us, "--allow-writes", "us"},
			stderr: []string{"aafailover: a drill needs at least two regions, and only us is given", "hint: give another --region NAME=URL: there must be somewhere to fail over to"}},
		{name: "a drill that may write nowhere", args: with("drill"),
			stderr: []string{"aafailover: a drill writes keys, and that is not allowed in us", "hint: allow it on the command line with --allow-writes us,eu"}},
		{name: "a drill that may not write everywhere", args: with("drill", "--allow-writes", "us"),
			stderr: []string{"aafailover: a drill writes keys, and that is not allowed in eu", "hint: allow it on the command line with --allow-writes us,eu"}},
		{name: "writes allowed in a region that there is not", args: with("drill", "--allow-writes", "us,eu,ap"),
			stderr: []string{`aafailover: --allow-writes names "ap", which is not a region`, "hint: the regions are us, eu"}},
		{name: "writes allowed by a variable", environ: []string{"AAFAILOVER_ALLOW_WRITES=us,eu"}, args: with("drill"),
			stderr: []string{"aafailover: AAFAILOVER_ALLOW_WRITES cannot be set in the environment", "hint: give --allow-writes on the command line: nothing else can allow writes to a region"}},
		{name: "writes allowed where no region is given", args: []string{"drill", "--allow-writes", "us"},
			stderr: []string{"aafailover: --allow-writes names no region that is given: us", "hint: leave it out to rehearse on the lab, where writes are always allowed; or give each region with --region NAME=URL"}},
		{name: "writes allowed in the lab", args: []string{"drill", "--lab", "--allow-writes", "us"},
			stderr: []string{"aafailover: --allow-writes names no region that is given: us", "hint: leave it out to rehearse on the lab, where writes are always allowed; or give each region with --region NAME=URL"}},
		{name: "a control without the lab", args: with("probe", "--control", "127.0.0.1:1"),
			stderr: []string{"aafailover: --control says which lab, and --lab is not given", "hint: give --lab too, or leave --control out"}},
		{name: "a control for a drill without the lab", args: []string{"drill", "--control", "127.0.0.1:1"},
			stderr: []string{"aafailover: --control says which lab, and --lab is not given", "hint: give --lab too, or leave --control out"}},
		{name: "a control that is no address", args: []string{"lab", "status", "--control", "foo"},
			stderr: []string{`aafailover: no address for the control of a lab: "foo" is not host:port`, controlHint}},
		{name: "a control on another machine", args: []string{"lab", "status", "--control", "8.8.8.8:1"},
			stderr: []string{"aafailover: no address for the control of a lab: 8.8.8.8:1 is not a loopback address, so others on the network could inject faults", controlHint}},
		{name: "a fault on another machine", args: []string{"lab", "kill", "us", "--control", "8.8.8.8:1"},
			stderr: []string{"aafailover: no address for the control of a lab: 8.8.8.8:1 is not a loopback address, so others on the network could inject faults", controlHint}},
		{name: "a lab on another machine", args: []string{"slots", "--lab", "--control", "8.8.8.8:1"},
			stderr: []string{"aafailover: no address for the control of a lab: 8.8.8.8:1 is not a loopback address, so others on the network could inject faults", controlHint}},
		{name: "a lab that others could reach", args: []string{"lab", "--control", "0.0.0.0:1"},
			stderr: []string{"aafailover: no address for the control of a lab: 0.0.0.0:1 is not a loopback address, so others on the network could inject faults", controlHint}},
		{name: "a drill against real regions that nobody breaks", args: with("drill", "--allow-writes", "us,eu"),
			stderr: []string{"aafailover: a drill needs a fault, and nothing says how it is made",
				"hint: --fault proxy breaks the way between the drill and the regions, which notice nothing; --fault manual asks you to; --inject COMMAND --heal COMMAND runs yours"}},
		{name: "a way to make faults that there is not", args: with("drill", "--allow-writes", "us,eu", "--fault", "prayer"),
			stderr: []string{`aafailover: --fault: there is no way "prayer" to make a fault`, "hint: it takes lab, proxy, manual or command"}},
		{name: "a fault of the lab where there is none", args: with("drill", "--allow-writes", "us,eu", "--fault", "lab"),
			stderr: []string{"aafailover: --fault lab: only a lab makes its own faults, and regions are given",
				"hint: give --fault proxy or manual, or --inject and --heal; or leave out the regions"}},
		{name: "a fault that nobody undoes", args: with("drill", "--allow-writes", "us,eu", "--inject", "true"),
			stderr: []string{"aafailover: --heal is missing: a fault that nobody undoes is no drill", "hint: give --heal COMMAND; it runs whatever becomes of the drill"}},
		{name: "a fault that nobody makes", args: with("drill", "--allow-writes", "us,eu", "--heal", "true"),
			stderr: []string{"aafailover: --inject is missing: no command makes the fault", "hint: give --inject COMMAND, which runs with AAFAILOVER_FROM and others in its environment"}},
		{name: "commands that are not run", args: []string{"drill", "--fault", "proxy", "--inject", "true", "--heal", "true"},
			stderr: []string{"aafailover: --fault proxy is given, and --inject or --heal, which it does not run", "hint: give --fault command, or leave them out"}},
		{name: "commands without any time", args: []string{"drill", "--inject", "true", "--heal", "true", "--fault-timeout", "0s"},
			stderr: []string{"aafailover: fault-timeout 0s: must be more than 0 and at most 24h0m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "an operator without any time", args: []string{"drill", "--fault", "manual", "--manual-within", "-1s"},
			stderr: []string{"aafailover: manual-within -1s: must be more than 0 and at most 24h0m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "an operator with more time than the keys have", args: []string{"drill", "--fault", "manual", "--manual-within", "2h"},
			stderr: []string{"aafailover: an expiry of 1h0m0s is too short: keys must outlive the drill, so at least 4h5m0s", "hint: aafailover drill --help shows what it takes"}},
		{name: "an assertion about what is not measured", args: []string{"drill", "--assert", "RTO<=5s"},
			stderr: []string{`aafailover: condition "RTO<=5s": "RTO" is not measured`, "hint: did you mean rto?"}},
		{name: "an assertion without a unit", args: []string{"drill", "--assert", "rto<=5"},
			stderr: []string{`aafailover: condition "rto<=5": "5" is not a time, such as 250ms or 5s`, "hint: rto is a time, such as 250ms or 5s"}},
		{name: "an assertion that is always so", args: []string{"drill", "--assert", "lost>=0"},
			stderr: []string{`aafailover: condition "lost>=0": that is always so`, "hint: give a limit that can be missed"}},
		{name: "assertions that contradict each other", args: []string{"drill", "--assert", "missed==0", "--assert", "missed>5"},
			stderr: []string{"aafailover: missed == 0 and missed > 5 cannot both be", "hint: leave one of them out"}},
		{name: "an abortion for what is well", args: []string{"drill", "--abort-if", "errors<5%"},
			stderr: []string{`aafailover: --abort-if: condition "errors<5%": that is what is well, not what is too much`, "hint: write errors>5%"}},
		{name: "an abortion for what is known at the end", args: []string{"drill", "--abort-if", "lost>0"},
			stderr: []string{`aafailover: --abort-if: condition "lost>0": "lost" is not measured`, "hint: what is measured: errors, latency"}},
		{name: "a doubt that there is not", args: []string{"drill", "--accept", "everything"},
			stderr: []string{`aafailover: --accept: "everything" is no doubt that a drill has`, "hint: it takes unknown-memory or one-way-links"}},
		{name: "a negative lag", args: []string{"drill", "--max-lag", "-1s"},
			stderr: []string{"aafailover: a lag of -1s at the most makes no sense: no link is faster than that", "hint: aafailover drill --help shows what it takes"}},
		{name: "a lab with one region twice", args: []string{"lab", "--regions", "us,us"},
			stderr: []string{"aafailover: lab: region us is given twice", "hint: aafailover lab --help shows what it takes"}},
		{name: "a lab with a number of shards too few", args: []string{"lab", "--shards", "3,4"},
			stderr: []string{"aafailover: shards 3,4: must be one number, or 3, one for each region", "hint: aafailover lab --help shows what it takes"}},
		{name: "a lab with no shard", args: []string{"lab", "--shards", "0"},
			stderr: []string{`aafailover: shards "0": must be 1 to 1024`, "hint: aafailover lab --help shows what it takes"}},
		{name: "a lab with a negative delay", args: []string{"lab", "--link-delay", "-5ms"},
			stderr: []string{`aafailover: link-delay "-5ms": must be 0 to 1h`, "hint: write 80ms for every link, or us:eu=80ms for one pair"}},
		{name: "a lab with a delay to nowhere", args: []string{"lab", "--link-delay", "us:mars=5ms"},
			stderr: []string{`aafailover: link-delay "us:mars=5ms": must name two regions`, "hint: the regions are us, eu, ap"}},
		{name: "a lab that keeps what there is not", args: []string{"lab", "--persistence", "some"},
			stderr: []string{`aafailover: lab: region us: unknown persistence "some": known are all, last-second, nothing`, "hint: aafailover lab --help shows what it takes"}},
	} {
		w.code = 2
		t.Run(w.name, func(t *testing.T) { w.check(t) })
	}
}

func TestWhatIsWrongInTheFileIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	for _, w := range []struct {
		name, file string
		stderr     []string
	}{
		{"an unknown key", "regions:\n- name: us\n  url: redis://us.invalid\nintervall: 1s\n",
			[]string{`aafailover: FILE:4:1: unknown key "intervall"`, "hint: did you mean interval?"}},
		{"one name twice", "regions:\n- name: us\n  url: redis://us.invalid\n- name: us\n  url: redis://eu.invalid\n",
			[]string{"aafailover: FILE:4:3: us: a region of this name was given before", "hint: give every region a name of its own; upper and lower case do not tell names apart"}},
		{"writes allowed by the file", "allowWrites: us,eu\n",
			[]string{"aafailover: FILE:1:1: \"allowWrites\" cannot stand in a file", "hint: give --allow-writes on the command line: nothing else can allow writes to a region"}},
		{"a password that is not there", "regions:\n- name: us\n  url: redis://us.invalid\n  passwordEnv: AAFAILOVER_TEST_IS_NOT_SET\n",
			[]string{"aafailover: FILE:2:3: us (us.invalid:6379): read password: environment variable AAFAILOVER_TEST_IS_NOT_SET is not set or empty", "hint: passwordEnv names an exported variable that holds the password"}},
	} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "aafailover.yaml")
			if err := os.WriteFile(path, []byte(w.file), 0o600); err != nil {
				t.Fatal(err)
			}
			for i := range w.stderr {
				w.stderr[i] = strings.ReplaceAll(w.stderr[i], "FILE", path)
			}
			wrong{args: []string{"slots", "--config", path}, code: 2, stderr: w.stderr}.check(t)
		})
	}
}

// unusable is a server that cannot be used as a region, and what is said about it: LINE after "us (ADDRESS): ", and a hint.
type unusable struct {
	name       string
	url        string
	line, hint string
}

func unusableServers(t *testing.T) []unusable {
	t.Helper()
	secured := redistest.Start(t, "--requirepass", "right").Addr
	open := redistest.Start(t).Addr
	const wrongPort = "no Redis server listens here: check the host and the port of the URL"
	return []unusable{
		{"nothing listens", urlOf(refusing),
			"connect: connection refused", "nothing listens there: check the host and the port, and that the server runs"},
		{"a name that does not resolve", "redis://us.invalid:6379",
			"connect: name us.invalid not found", "check the host name of region us, and the DNS of this machine"},
		{"a web server", urlOf(fake(t, "http")),
			"ping: not the Redis protocol: this looks like HTTP", "an HTTP server listens here: check the port of the URL"},
		{"TLS on a plain port", urlOf(fake(t, "tls alert")),
			"ping: not the Redis protocol: this looks like TLS", "this port speaks TLS: use rediss:// in the URL"},
		{"TLS on a plain port that closes without a word", urlOf(fake(t, "tls")),
			"ping: closed by the other side", "the connection was closed before the first answer: if this port speaks TLS, use rediss:// in the URL"},
		{"a Redis server that waits for the end of what is a TLS handshake", strings.Replace(urlOf(open), "redis:", "rediss:", 1),
			"TLS handshake: no answer in time", "if this port does not speak TLS, use redis:// in the URL"},
		{"no TLS where it was expected", strings.Replace(urlOf(fake(t, "http")), "redis:", "rediss:", 1),
			"TLS handshake: tls: first record does not look like a TLS handshake", "this port does not speak TLS: use redis:// in the URL"},
		{"a certificate that nobody signed", strings.Replace(urlOf(fake(t, "tls")), "redis:", "rediss:", 1),
			"TLS handshake: the certificate of the server is self-signed, and not trusted",
			"give the certificate of its authority with --tls-ca, or ca below `tls:`; or compare its key on the server, and then give --tls-pin sha256:"},
		{"silence", urlOf(fake(t, "silence")),
			"ping: no answer in time", "something listens there and is silent: a server that hangs or is stopped, or another one: check the port, and rediss:// if it speaks TLS"},
		{"a connection that is closed at once", urlOf(fake(t, "closes")),
			"ping: ", "the connection was closed before the first answer: if this port speaks TLS, use rediss:// in the URL"},
		{"random bytes", urlOf(fake(t, "random")), "ping: not the Redis protocol: ", wrongPort},
		{"a reply of an absurd length", urlOf(fake(t, "absurd length")), "ping: not the Redis protocol: ", wrongPort},
		{"a line without end", urlOf(fake(t, "endless line")), "ping: not the Redis protocol: ", wrongPort},
		{"a server that says yes to everything", urlOf(fake(t, "ok")),
			`read the slots: not the Redis protocol: the reply to CLUSTER SLOTS has another form than expected: "OK"`,
			"what answers here does not behave as a Redis server does: check the host and the port of the URL"},
		{"a server that says that there are more slots than there are", urlOf(fake(t, "many slots")),
			"read the slots: us: shard 127.0.0.1:1 (127.0.0.1:1): slots 0-99999 are not within 0-16383",
			"what answers here tells slots that no Redis Cluster has: check the host and the port of the URL"},
		{"a server that says no to everything", urlOf(fake(t, "no")),
			"ping: ERR not here", "what answers here refuses even this: check the host and the port of the URL, and the log of the server"},
		{"a wrong password", "redis://:wrong@" + secured,
			"authenticate: WRONGPASS invalid username-password pair or user is disabled.", "check the user and the password of region us"},
		{"no password where one is needed", urlOf(secured),
			"ping: NOAUTH Authentication required.", "the server wants a password, and perhaps a user: put it into passwordFile or passwordEnv of region us, as in redis://USER@HOST:PORT?passwordEnv=VARIABLE"},
		{"a password where none is set", "redis://:wrong@" + open,
			"authenticate: ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
			"the default user of the server has no password: leave it out of the configuration of region us, or name the user that it is for: redis://USER@HOST:PORT"},
	}
}

func TestAServerThatCannotBeUsedIsNamedWithTheCauseAndAHint(t *testing.T) {
	t.Parallel()
	for _, server := range unusableServers(t) {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{{"slots"}, {"probe", "--once"}} {
				o := run(t, nil, append(args, "--region", "us="+server.url, "--timeout", "1s")...)
				if o.code != 3 {
					t.Errorf("%v: exit code %d, want 3", args, o.code)
				}
				if o.took > prompt {
					t.Errorf("%v: took %v", args, o.took)
				}
				server.compare(t, o.stderr)
				if args[0] == "probe" != strings.HasPrefix(o.stdout, "UNOBSERVABLE") {
					t.Errorf("%v: stdout: %s", args, o.stdout)
				}
			}
		})
	}
}

// compare demands one line and one hint. A line that the network or random bytes have a part in is known by its beginning,
// as is a hint that ends with a fingerprint.
func (u unusable) compare(t *testing.T, stderr string) {
	t.Helper()
	_, address, _ := strings.Cut(u.url, "://")
	address = address[strings.LastIndexByte(address, '@')+1:]
	line, rest, _ := strings.Cut(stderr, "\n")
	want := "aafailover: us (" + address + "): " + u.line
	begins := strings.HasSuffix(want, ": ") && strings.HasPrefix(line, want)
	if line != want && !begins {
		t.Errorf("stderr:\n%s\nwant:\n%s", line, want)
	}
	hinted := strings.HasSuffix(u.hint, "sha256:") && strings.HasPrefix(rest, "hint: "+u.hint) && strings.Count(rest, "\n") == 1
	if want := "hint: " + u.hint + "\n"; rest != want && !hinted {
		t.Errorf("after the line:\n%swant:\n%s", rest, want)
	}
}

func TestAPermissionThatIsMissingIsAFindingWithTheRuleThatGrantsIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--user", "mute", "on", ">right", "resetchannels", "&aafailover:*", "-@all", "+ping", "+subscribe")
	o := run(t, nil, "probe", "--once", "--region", "us=redis://mute:right@"+server.Addr)
	if o.code != 1 {
		t.Errorf("exit code %d, want 1", o.code)
	}
	want := "aafailover: us (" + server.Addr + "): publish: NOPERM this user has no permissions to run the 'publish' command\n" +
		"hint: grant what is missing: ACL SETUSER mute &aafailover:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards\n"
	if !strings.HasSuffix(o.stderr, want) {
		t.Errorf("stderr:\n%swant at its end:\n%s", o.stderr, want)
	}
	if !strings.Contains(o.stdout, "permission") {
		t.Errorf("the report does not tell the cause:\n%s", o.stdout)
	}
}

func TestWhatKeysTakeIsSaidWithTheRuleThatGrantsIt(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--user", "watcher", "on", ">right", "resetchannels", "&aafailover:*", "-@all", "+ping", "+subscribe", "+publish",
		"--user", "writer", "on", ">right", "~aafailover:*", "resetchannels", "&aafailover:*", "-@all", "+ping", "+subscribe", "+publish", "+set", "+get")
	const rule = "grant what is missing: ACL SETUSER WHO ~aafailover:* &aafailover:* +publish +subscribe +unsubscribe +ping +hello +cluster|slots +cluster|shards +set +get"
	for _, row := range []struct{ name, user, path, code, what, hint string }{
		{"a user who may not write", "watcher", "", "1", "write: NOPERM", rule},
		{"a user who may not write to another database", "writer", "/2", "0", "select the database: NOPERM", rule + " +select"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, nil, "probe", "--once", "--dataset", "--allow-writes", "us", "--region", "us=redis://"+row.user+":right@"+server.Addr+row.path)
			if strconv.Itoa(o.code) != row.code {
				t.Errorf("exit code %d, want %s:\n%s", o.code, row.code, o.stdout)
			}
			if _, after, found := strings.Cut(o.stderr, "aafailover: us ("+server.Addr+"): "+row.what); !found || !strings.Contains(after, "\nhint: "+strings.Replace(row.hint, "WHO", row.user, 1)+"\n") {
				t.Errorf("stderr:\n%s", o.stderr)
			}
		})
	}
}

func TestADatabaseOfAClusterIsAMistakeInTheConfiguration(t *testing.T) {
	t.Parallel()
	server := redistest.Cluster(t, 1)[0]
	wrong{args: []string{"slots", "--region", "us=redis://" + server + "/3"}, code: 2, stderr: []string{
		"aafailover: us (" + server + "): database 3, but the region is a cluster",
		"hint: a Redis Cluster has database 0 only: leave the number out of the URL",
	}}.check(t)
}

func TestALimitOnMessagesMustBeRaisedExplicitly(t *testing.T) {
	t.Parallel()
	us, eu := redistest.Start(t).Addr, redistest.Start(t).Addr
	args := []string{"probe", "--region", "us=" + urlOf(us), "--region", "eu=" + urlOf(eu), "--interval", "20ms"}
	wrong{args: args, code: 2, stderr: []string{
		"aafailover: the probe would publish 1600 messages/s, and the limit is 1000",
		"hint: raise it with --max-messages 1600, or publish less often with an --interval over 20ms",
	}}.check(t)
	if o := run(t, nil, append(args, "--max-messages", "1600", "--for", "300ms")...); o.code == 2 {
		t.Errorf("still refused with the limit raised: %s", o.stderr)
	}
}
