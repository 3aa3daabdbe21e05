#!/bin/sh
# Makes sure that the services of docs/examples run: what is theirs is installed where scripts/need.sh can, and node-redis beside its
# service, as package-lock.json has it. Where no registry of npm is to be reached, the package of the system takes its place.
set -eu
cd "$(dirname "$0")/.."

scripts/need.sh node python3-redis
cd docs/examples/node-redis
if node -e "require('redis')" >/dev/null 2>&1; then
  exit 0
fi
../../../scripts/need.sh npm
echo "not installed: node-redis; installing it with npm in docs/examples/node-redis" >&2
if npm ci --ignore-scripts --no-audit --no-fund >&2 && node -e "require('redis')"; then
  exit 0
fi
rm -rf node_modules
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ] &&
  env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends node-redis >&2 && NODE_PATH=/usr/share/nodejs node -e "require('redis')"; then
  ln -s /usr/share/nodejs node_modules
  exit 0
fi
echo "not installed, and needed: node-redis" >&2
echo "hint: npm ci in docs/examples/node-redis; or sudo apt-get install -y node-redis, and there: ln -s /usr/share/nodejs node_modules" >&2
exit 1
