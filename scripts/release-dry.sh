#!/bin/sh
# Makes in dist/ what a release consists of, with the goreleaser of the version that is given, publishes nothing, and needs no
# network once Go has goreleaser: scripts/release-dry.sh VERSION. Parts whose program is not here are left out, and named.
set -eu
cd "$(dirname "$0")/.."

skip=
without() { # PART PROGRAM
  echo "left out: $1, since $2" >&2
  skip="$skip,$1"
}
command -v syft >/dev/null 2>&1 || without sbom "syft is not installed"
if ! docker buildx version >/dev/null 2>&1 || ! docker info >/dev/null 2>&1; then
  without docker "docker with buildx does not run"
fi
if ! git remote get-url origin >/dev/null 2>&1; then
  # goreleaser asks a clone without a remote for nothing else either, and the program would not know its commit and date. Nothing
  # is loaded from here.
  export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.url GIT_CONFIG_VALUE_0=https://github.com/aafailover/aafailover
fi
go run "github.com/goreleaser/goreleaser/v2@v$1" release --snapshot --clean ${skip:+--skip="${skip#,}"}
