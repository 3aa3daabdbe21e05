#!/usr/bin/env bash
# Uses the program as its first user does, and checks answers and exit codes against the contract:
# 0 healthy or passed, 1 a finding, 2 a usage error, 3 could not observe, 130 interrupted.
#
#   scripts/smoke.sh            builds the program and checks it
#   scripts/smoke.sh PROGRAM    checks a program that is built
#
# Goes on after a failed check and fails at the end. Leaves no process and no file behind.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
servers=()
# shellcheck disable=SC2329 # called by trap
clean_up() {
  for pid in "${servers[@]:-}"; do
    [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

aafailover=$work/aafailover
if [ $# -gt 0 ]; then
  aafailover=$(realpath "$1")
else
  go build -o "$aafailover" . || exit 1
fi
go build -o "$work/field" ./scripts/field || exit 1
timeout=$(command -v timeout || command -v gtimeout) || {
  echo "smoke: timeout is not installed" >&2
  echo "hint: it is part of GNU coreutils: brew install coreutils" >&2
  exit 1
}

# Nothing of the user's takes part: no variable, no file here or in the configuration folder, no earlier run.
for variable in $(compgen -e AAFAILOVER_); do unset "$variable"; done
export XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
cd "$work" || exit 1

checks=0 failures=0
pass() { checks=$((checks + 1)) && printf 'ok    %s\n' "$1"; }
fail() {
  checks=$((checks + 1)) failures=$((failures + 1))
  printf 'FAIL  %s\n' "$1"
  printf '      stdout: %.2000s\n      stderr: %.2000s\n' "$(<"$work/out")" "$(<"$work/err")"
}

# run SECONDS CODE WHAT ARGUMENT... runs the program, which must end with the code within the seconds. Its output is
# in $work/out and $work/err. One that hangs is killed, which is code 137.
run() {
  local seconds=$1 want=$2 what=$3 got started=$SECONDS
  shift 3
  "$timeout" --signal=KILL "$seconds" "$aafailover" "$@" >"$work/out" 2>"$work/err" </dev/null
  got=$?
  if [ "$got" -eq "$want" ]; then
    pass "$what: exit $got, $((SECONDS - started)) s"
  else
    fail "$what: exit $got, want $want (aafailover $*)"
  fi
}

# field PATH WANT: the field of the JSON document on stdout. A WANT of * is any value but null.
field() {
  local got
  got=$("$work/field" "$1" <"$work/out" 2>&1)
  # shellcheck disable=SC2181 # the output is needed whatever the code
  if [ $? -ne 0 ] || { [ "$2" != '*' ] && [ "$got" != "$2" ]; } || { [ "$2" = '*' ] && [ "$got" = null ]; }; then
    fail "$1 is $got, want $2"
  else
    pass "$(printf '%.70s' "$1 is $got")"
  fi
}

# says FILE PATTERN WHAT: a line of out or err matches the extended regular expression.
says() {
  if grep -qE -- "$2" "$work/$1"; then pass "$3"; else fail "$3"; fi
}

# refused WHAT: stdout is empty, and stderr is one line of error and one of hint.
refused() {
  if [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 2 ] &&
    [[ $(sed -n 1p "$work/err") == 'aafailover: '* ]] && [[ $(sed -n 2p "$work/err") == 'hint: '* ]]; then
    pass "$1: an error and a hint"
  else
    fail "$1: not an error line and a hint line"
  fi
}

# server starts a redis-server on a free port and leaves the port in $port.
server() {
  local pid attempt
  for attempt in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 20000))
    mkdir -p "$work/redis-$port"
    redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work/redis-$port" >"$work/redis-$port/log" 2>&1 &
    pid=$!
    for _ in {1..100}; do
      kill -0 "$pid" 2>/dev/null || continue 2 # the port was taken: try another
      if grep -q 'Ready to accept connections' "$work/redis-$port/log"; then
        servers+=("$pid")
        return
      fi
      sleep 0.1
    done
    kill "$pid" 2>/dev/null
  done
  echo "smoke: redis-server did not start in $attempt attempts" >&2
  exit 1
}

echo "--- slots"
run 10 0 'slots table as CSV' slots table -o csv
if [ "$(grep -cE '^[0-9]+,[0-9a-z]{1,4}$' "$work/out")" -eq 16384 ]; then pass '16384 rows slot,key'; else fail 'not 16384 rows slot,key'; fi
run 10 0 'slots table' slots table
if [ "$(wc -l <"$work/out")" -ge 16384 ]; then pass 'a line for every slot'; else fail 'not a line for every slot'; fi
run 10 0 'slots key' slots key 5461
key=$(awk '$1 == 5461 { print $2 }' "$work/out")
run 10 0 'slots of' slots of "$key"
says out "^ *5461 +$key" "the key of slot 5461, $key, is in slot 5461"
run 10 0 'slots of' slots of foo '{foo}.bar'
says out '12182' 'foo is in slot 12182'

server && us=127.0.0.1:$port
server && eu=127.0.0.1:$port
run 10 0 'slots of one server' slots --region "us=redis://$us" -o json
field schema aafailover.slots/v1
field deployment given
field coverage unproven
field regions.0.name us
field regions.0.source single
field channels.0.names.us '*'

echo "--- probe"
run 15 1 'two servers that do not replicate' probe --once --region "us=redis://$us" --region "eu=redis://$eu" -o json
field schema aafailover.probe/v1
field deployment given
field verdict replication_failure
field regions.0.state available
field regions.1.state available
says out '"state": ?"never"' 'a link is never seen up'
run 15 0 'the lab is healthy' probe --once --lab -o json
field deployment lab
field verdict healthy

run 15 0 'with keys as well' probe --once --lab --dataset -o json
field regions.0.writes proven
run 15 0 'one that must be told soon' probe --once --lab --sensitivity fast -o json
field policy.interval_ms 125
run 10 0 'what the default policy is worth' probe simulate --solved -o json
field schema aafailover.simulate/v1
run 15 0 'the command that is told' probe --once --lab --on-change "cat >$work/told"
if grep -q '"schema":"aafailover.change/v1".*"verdict":"healthy"' "$work/told"; then pass 'it was told'; else fail 'it was told nothing'; fi
run 5 0 'the rule that a user needs' acl probe
says out '^ACL SETUSER .*resetchannels &aafailover:\* \+publish' 'it can be typed in'

echo "--- drill"
run 20 0 'a drill on the lab, nothing given' drill
says out '^PASS' 'its report begins with PASS'
says err 'lab' 'it says that it is the lab'
run 20 0 'a drill as JSON' drill -o json
field schema aafailover.drill/v1
field deployment lab
field scenario region-down
field verdict pass
for path in from to phases.0.name rto_ms.detect rto_ms.decide rto_ms.connect rto_ms.total rpo_ms.missed \
  writes.attempted writes.acknowledged writes.rejected writes.indeterminate writes.per_second \
  missed.at_failover missed.converged missed.diverged missed.lost missed.expired missed.pending missed.at_failback \
  windows failback.available_ms failback.resynced_ms failback.ready_ms failback.done_ms assertions events; do
  field "$path" '*'
done

run 5 0 'the scenarios' drill list -o json
field schema aafailover.scenarios/v1
field scenarios.0.name region-down
run 20 0 'a link is cut, and the application stays' drill link-cut --rate 200 --steady 1s --outage 4s --settle 0s --record "$work/record" --history "$work/run.edn" --assert failovers==0
says out 'noticed after' 'it tells when that was noticed'
says out 'stayed in us' 'and that the application stayed'
run 5 0 'its record' drill show "$work/record" -o json
field scenario link-cut
field to null
if grep -q '{:index 0, ' "$work/run.edn"; then pass 'its history is for other programs'; else fail 'its history is not'; fi
run 20 1 'a limit that is missed' drill --rate 200 --steady 1s --outage 1s --settle 0s --assert 'rto<=1ms' -o json
field verdict fail
says out '"expr": "rto <= 1ms"' 'the limit is in the result'
run 5 0 'what was run' drill history -o json
field runs.0.scenario region-down
field runs.0.verdict fail
drilled=$("$work/field" runs.0.run <"$work/out")
run 5 0 'nothing of it is left' drill clean "$drilled" -o json
field clean true
run 10 0 'a drill that only looks' drill --dry-run -o json
field schema aafailover.preflight/v1
field ready true
run 15 1 'a drill of servers that do not replicate' drill --region "us=redis://$us" --region "eu=redis://$eu" --allow-writes us,eu --fault proxy --dry-run
says out '^NOT READY' 'it would not begin'

echo "--- check"
run 20 0 'the lab is ready' check --lab -o json
field schema aafailover.check/v1
field deployment lab
field verdict pass
run 20 1 'two servers that keep nothing' check --region "us=redis://$us" --region "eu=redis://$eu" --measure 100ms --junit "$work/check.xml"
says out '^NOT READY  us and eu' 'the answer comes first'
says out '^   change  CONFIG SET ' 'it says what to type'
if grep -q '<failure message=' "$work/check.xml"; then pass 'CI is told, too'; else fail 'CI is not told'; fi
run 5 0 'the rules' check list -o json
field schema aafailover.checks/v1
field rules.0.id reachable
run 5 2 'a rule that there is none' check explain no-such-rule
refused 'a rule that there is none'

echo "--- smoke"
# lines WHAT: stdout is five lines.
lines() {
  if [ "$(wc -l <"$work/out")" -eq 5 ]; then pass "$1: five lines"; else fail "$1: not five lines"; fi
}
run 15 0 'the lab passes' smoke --lab
lines 'the lab'
says out '^PASS  healthy: .* exit 0$' 'the verdict is the last'
run 15 0 'with writes, ready for a failback' smoke --lab --dataset --require-failback -o json
field schema aafailover.smoke/v1
field verdict pass
field checks.4.outcome pass
export XDG_RUNTIME_DIR=$work/run
mkdir -p "$XDG_RUNTIME_DIR"
"$aafailover" lab --regions us,eu -o json >"$work/lab" 2>&1 </dev/null &
lab=$!
servers+=("$lab")
for _ in {1..150}; do
  [ -s "$work/lab" ] && break
  sleep 0.1
done
run 5 0 'a slow link' lab slow us eu --delay 300ms
run 15 1 'is over the limit' smoke --lab --max-rtt 200ms --junit "$work/smoke.xml"
says out '^fail  round trip    p99 .* limit 200ms$' 'it says by how much'
if grep -q 'failures="2"' "$work/smoke.xml"; then pass 'its pages show it'; else fail 'its pages do not show it'; fi
run 15 0 'and within another' smoke --lab --max-rtt 2s
run 5 0 'heal' lab heal
run 5 0 'a link is cut' lab cut us eu --one-way
run 15 1 'which fails' smoke --lab
lines 'a link is cut'
says out '^FAIL  replication failure: us→eu' 'and is named'
run 5 0 'heal' lab heal
run 5 0 'a region hangs' lab hang eu
run 15 1 'which is told in time' smoke --lab
says out '^FAIL  remote failure: eu is down' 'and is named'
run 5 3 'there is no time to tell' smoke --lab --within 2s
says out '^INCONCLUSIVE ' 'so nothing is said'
says err '^hint: ' 'but what to do'
run 5 0 'no region is left' lab kill us
run 15 3 'nothing to observe' smoke --lab
lines 'nothing to observe'
kill "$lab" && wait "$lab" 2>/dev/null
unset XDG_RUNTIME_DIR
if CI_SMOKE_PROGRAM=$aafailover CI_SMOKE_REPORTS=$work/reports sh "$OLDPWD/scripts/ci-smoke.sh" --lab >"$work/out" 2>"$work/err" && [ -s "$work/reports/smoke.md" ]; then
  pass 'the script for any CI'
else
  fail 'the script for any CI'
fi

echo "--- mistakes"
run 5 2 'an unknown flag' probe --no-such-flag
refused 'an unknown flag'
run 5 2 'no regions' probe --once
refused 'no regions'
says err '--lab' 'it names the ways to give them'
run 5 2 'a URL of another scheme' slots --region us=http://h
refused 'a URL of another scheme'
run 5 2 'port 0' slots --region us=redis://h:0
refused 'port 0'
run 5 2 'one endpoint twice' slots --region "us=redis://$us" --region "eu=redis://$us"
refused 'one endpoint twice'
run 5 2 'a drill that would write without leave' drill --region "us=redis://$us" --region "eu=redis://$eu"
refused 'a drill that would write without leave'
run 5 2 'a condition without a unit' drill --assert 'rto<=5'
refused 'a condition without a unit'
run 5 2 'a scenario that there is none' drill no-such-scenario
refused 'a scenario that there is none'
run 5 2 'a fault that nobody undoes' drill --region "us=redis://$us" --region "eu=redis://$eu" --allow-writes us,eu --inject true
refused 'a fault that nobody undoes'
printf 'regions:\n  - name: us\n    url: redis://%s\nintervall: 1s\n' "$us" >"$work/bad.yaml"
run 5 2 'an unknown key' slots --config "$work/bad.yaml"
refused 'an unknown key'
says err 'bad\.yaml:4:1: ' 'it names file, line and column'
AAFAILOVER_INTERVALL=1s run 5 2 'an unknown variable' slots --region "us=redis://$us"
refused 'an unknown variable'
AAFAILOVER_ALLOW_WRITES=us run 5 2 'leave to write by variable' slots --region "us=redis://$us"
refused 'leave to write by variable'
run 15 3 'nothing listens' slots --region us=redis://u:hunter22@127.0.0.1:1
if grep -q hunter22 "$work/out" "$work/err"; then fail 'the password shows'; else pass 'the password does not show'; fi
says err 'us \(127\.0\.0\.1:1\)' 'it names region and address'

echo "$checks checks, $failures failed"
[ "$failures" -eq 0 ]
