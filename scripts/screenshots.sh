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
#   name | columns x rows | arguments of aafailover | what to wait for first | keys, as tmux names them | what to wait for then | title
# What to wait for is an extended regular expression, without |, that a line of the screen matches; the first line of the screen
# is the command line. Keys, and what to wait for after them, may be left out.
pictures='
probe-once | 100x30 | probe --lab --once | within at most | | | aafailover probe --lab --once: all regions of the built-in lab are available, and all links are up
'

readonly out=docs/screens
readonly patience=60 # seconds that what is waited for may take

work=$(mktemp -d)
terminal() { env -u TMUX -u TMUX_PANE tmux -u -S "$work/socket" -f /dev/null "$@"; }
# shellcheck disable=SC2329 # called by trap
clean_up() {
  terminal kill-server 2>/dev/null || true
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

# take NAME SIZE COMMAND FIRST KEYS THEN TITLE
take() {
  local name=$1 columns=${2%x*} rows=${2#*x} command=$3 first=$4 keys=$5 next=$6 title=$7
  # The command line stands above what it prints. After it the pane stays as it is.
  terminal set-option -g status off \; set-option -g default-shell /bin/sh \; set-option -g default-terminal tmux-256color \; \
    new-session -d -x "$columns" -y "$rows" "printf '\$ %s\n' 'aafailover $command'; PATH='$work':\$PATH aafailover $command; exec cat"
  wait_for "$first"
  if [ -n "$keys" ]; then
    local words
    read -ra words <<<"$keys"
    terminal send-keys -- "${words[@]}"
  fi
  if [ -n "$next" ]; then wait_for "$next"; fi
  terminal capture-pane -e -p -N >"$work/screen.txt"
  "$work/screen" -title "$title" -columns "$columns" <"$work/screen.txt" >"$work/picture.svg"
  terminal kill-server
  mv "$work/picture.svg" "$out/$name.svg"
  echo "$out/$name.svg"
}

# trimmed WORD: without the blanks at its ends.
trimmed() { sed 's/^ *//; s/ *$//' <<<"$1"; }

taken=0
while IFS='|' read -r name size command first keys next title; do
  name=$(trimmed "$name")
  [ -n "$name" ] || continue
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  take "$name" "$(trimmed "$size")" "$(trimmed "$command")" "$(trimmed "$first")" "$(trimmed "$keys")" "$(trimmed "$next")" "$(trimmed "$title")" </dev/null
  taken=$((taken + 1))
done <<<"$pictures"
if [ "$taken" -eq 0 ]; then
  echo "screenshots: no picture is called $*" >&2
  exit 2
fi
