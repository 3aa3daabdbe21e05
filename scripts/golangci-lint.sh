#!/bin/sh
# Runs golangci-lint at exactly the version that is given first: the installed one if it is that version (starting it
# takes no time), else built by `go run`.
set -eu

version=$1
shift
for installed in "$(go env GOPATH)/bin/golangci-lint" "$(command -v golangci-lint || true)"; do
  if [ -x "$installed" ] && [ "$("$installed" version --short 2>/dev/null)" = "$version" ]; then
    echo "golangci-lint $version $*"
    exec "$installed" "$@"
  fi
done
echo "go run golangci-lint@v$version $*"
exec go run "github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v$version" "$@"
