#!/usr/bin/env bash
# Shows pages of `aafailover report` in a real browser, so that somebody can look at them: a drill and a probe on the built-in lab,
# on a screen of 1200 and on a phone of 360 pixels, light and dark. The pictures are in dist/pages.
#
#   scripts/pages.sh            pages of new runs
#   scripts/pages.sh FILE...    pages that there are already
#
# Leaves no process behind, and no file but the pictures and the pages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "pages: no chromium here; on Debian: apt-get install -y chromium" >&2
  exit 1
}
readonly out=$PWD/dist/pages
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

if [ $# -eq 0 ]; then
  go build -trimpath -o "$work/aafailover" .
  export HOME=$work/home XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work/run
  mkdir -p "$HOME"
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  "$work/aafailover" drill --seed 1 -o json >"$work/drill.json" 2>/dev/null
  "$work/aafailover" lab -o json >"$work/lab.json" &
  lab=$!
  trap 'kill -INT "$lab" 2>/dev/null || true; wait "$lab" || true; rm -rf "$work"' EXIT
  until [ -s "$work/lab.json" ]; do sleep 0.1; done
  "$work/aafailover" probe --lab --for 12s -o json >"$work/probe.json" 2>/dev/null &
  probe=$!
  sleep 4
  "$work/aafailover" lab cut us eu --shard 2 >/dev/null
  sleep 3
  "$work/aafailover" lab kill ap >/dev/null
  wait "$probe" || true # what it finds is 1
  for run in drill probe; do "$work/aafailover" report "$work/$run.json" --out "$out/$run.html"; done
  set -- "$out/drill.html" "$out/probe.html"
fi

# picture PAGE WIDTH HEIGHT SCHEME PNG; a browser's own windows cannot be as narrow as a phone, so a page is shown in a frame.
picture() {
  printf '<!doctype html><body style="margin:0"><iframe src="file://%s" style="border:0;width:%spx;height:%spx"></iframe>' "$1" "$2" "$3" >"$work/frame.html"
  "$browser" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/browser" --blink-settings=preferredColorScheme="$4" \
    --window-size="$(($2 > 520 ? $2 : 520)),$3" --screenshot="$5" "file://$work/frame.html" >/dev/null 2>&1
  echo "$5"
}

for page in "$@"; do
  page=$(realpath "$page")
  name=$(basename "$page" .html)
  for scheme in light:1 dark:0; do
    picture "$page" 1200 3200 "${scheme#*:}" "$out/$name-${scheme%:*}-1200.png"
    picture "$page" 360 4800 "${scheme#*:}" "$out/$name-${scheme%:*}-360.png"
  done
done
