#!/bin/sh
# Makes sure that redis-server can be run: the integration tests start real servers and are never skipped.
# Installs it with apt-get where that needs no password, and otherwise says what to type.
set -eu

command -v redis-server >/dev/null 2>&1 && exit 0

if command -v apt-get >/dev/null 2>&1; then
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root='sudo -n'
  fi
  if [ -z "$as_root" ] || $as_root true >/dev/null 2>&1; then
    echo "redis-server is not installed: installing it with apt-get" >&2
    if $as_root apt-get update -qq >&2 &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >&2 &&
      command -v redis-server >/dev/null 2>&1; then
      exit 0
    fi
    echo "installing redis-server failed" >&2
  fi
  how='sudo apt-get update && sudo apt-get install -y redis-server'
elif command -v dnf >/dev/null 2>&1; then
  how='sudo dnf install -y redis'
elif command -v apk >/dev/null 2>&1; then
  how='sudo apk add redis'
elif command -v brew >/dev/null 2>&1; then
  how='brew install redis'
else
  how='install Redis 7 or later so that redis-server is in the PATH: https://redis.io/docs/latest/operate/oss_and_stack/install/'
fi

echo "the tests need redis-server, which is not installed" >&2
echo "hint: $how" >&2
exit 1
