#!/usr/bin/env bash
# Makes the pictures of docs/screens from real runs: the program runs on its built-in lab in a tmux of its own, keys are
# pressed, and what stands on the screen becomes an SVG (scripts/screen).
#
#   scripts/screenshots.sh            all pictures
#   scripts/screenshots.sh NAME...    those named
#
# Leaves no process behind, and no file but the pictures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# A line for each picture, its fields separated by |:
#   name | columns x rows | arguments of aafailover | what to wait for first | arguments of another that runs beside it from then on |
#   keys, as tmux names them | what to wait for then | title
# What to wait for is an extended regular expression, without |, that a line of the screen matches; the first line of the screen
# is the command line, until a dashboard takes the whole of it. Keys, what to wait for after them, and what runs beside it may be
# left out.
pictures='
probe | 110x34 | probe --lab | verdict +healthy | | Tab Right c | overdue 1[5-9] | aafailover probe --lab: the verdict is replication failure, us→eu is down on shard 2, and to fail over is not needed; below are the regions, a matrix of all links with their round trips, the shards of the link from us to eu, and the events
drill-outage | 110x34 | drill --outage 4s | OUTAGE .* 2.[5-9] s of | | | | aafailover drill in the outage: region us is gone and the application is in eu; below are the phases as a timeline, the writes per second to each region, the missed writes of each shard, and the events
drill-report | 110x39 | drill | ^ *PASS | | | | aafailover drill at its end: it passed; the application moved to eu and came back to us; below are the phases, RTO and RPO, the counts of writes, and the missed writes of each shard, all of which converged
lab | 110x26 | lab | No fault was made yet | probe --lab --canary 100/s --no-tui | Tab c | us→eu +✖ cut .* [2-9],[0-9] | aafailover lab: three regions are up, and the link from us to eu is cut, so that more and more writes wait in the backlog of each shard
'

readonly out=docs/screens
readonly patience=60 # seconds that what is waited for may take

work=$(mktemp -d)
socket=$work/none # a new one for each picture: a tmux that is ending takes nothing more, and answers on its socket all the same
terminal() { env -u TMUX -u TMUX_PANE tmux -u -S "$socket" -f /dev/null "$@"; }
# leave ends what is on the terminal, and waits for it: a drill that is left heals, and writes down what it found.
leave() {
  terminal kill-server 2>/dev/null || true
  local until=$((SECONDS + patience))
  while pgrep -f -- "$work/" >/dev/null && [ "$SECONDS" -lt "$until" ]; do sleep 0.1; done
}
# shellcheck disable=SC2329 # called by trap
clean_up() {
  leave
  rm -rf "$work"
}
trap clean_up EXIT

go build -trimpath -o "$work/aafailover" .
go build -o "$work/screen" ./scripts/screen

# Nothing of the user's is on a picture: no variable, no configuration, no lab, no earlier run, and no zone.
for variable in $(compgen -e AAFAILOVER_) CI NO_COLOR COLORTERM TERM; do unset "$variable"; done
export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run TZ=UTC
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$XDG_STATE_HOME" "$XDG_CACHE_HOME" "$out"
mkdir -m 700 "$XDG_RUNTIME_DIR"

# wait_for PATTERN: until a line of the screen matches.
wait_for() {
  local until=$((SECONDS + patience))
  until terminal capture-pane -p | grep -qE -- "$1"; do
    if [ "$SECONDS" -ge "$until" ]; then
      echo "screenshots: after $patience s no line matches $1" >&2
      terminal capture-pane -p >&2
      return 1
    fi
    sleep 0.1
  done
}

# take NAME SIZE COMMAND FIRST BESIDE KEYS THEN TITLE
take() {
  local name=$1 columns=${2%x*} rows=${2#*x} command=$3 first=$4 beside=$5 keys=$6 next=$7 title=$8
  socket=$work/$name
  # The command line stands above what it prints. After it the pane stays as it is.
  terminal set-option -g status off \; set-option -g default-shell /bin/sh \; set-option -g default-terminal tmux-256color \; \
    new-session -d -x "$columns" -y "$rows" "printf '\$ %s\n' 'aafailover $command'; '$work/aafailover' $command; exec cat"
  wait_for "$first"
  if [ -n "$beside" ]; then terminal new-window -d "'$work/aafailover' $beside"; fi
  if [ -n "$keys" ]; then
    local words
    read -ra words <<<"$keys"
    terminal send-keys -- "${words[@]}"
  fi
  if [ -n "$next" ]; then wait_for "$next"; fi
  if [ -n "$keys" ]; then # what a key did is said where the keys stand, until the next key
    terminal send-keys Escape
    wait_for '[?] help'
  fi
  terminal capture-pane -e -p -N >"$work/screen.txt"
  "$work/screen" -title "$title" -columns "$columns" <"$work/screen.txt" >"$work/picture.svg"
  leave
  mv "$work/picture.svg" "$out/$name.svg"
  echo "$out/$name.svg"
}

# trimmed WORD: without the blanks at its ends.
trimmed() { sed 's/^ *//; s/ *$//' <<<"$1"; }

taken=0
while IFS='|' read -r name size command first beside keys next title; do
  name=$(trimmed "$name")
  [ -n "$name" ] || continue
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  take "$name" "$(trimmed "$size")" "$(trimmed "$command")" "$(trimmed "$first")" \
    "$(trimmed "$beside")" "$(trimmed "$keys")" "$(trimmed "$next")" "$(trimmed "$title")" </dev/null
  taken=$((taken + 1))
done <<<"$pictures"
if [ "$taken" -eq 0 ]; then
  echo "screenshots: no picture is called $*" >&2
  exit 2
fi
