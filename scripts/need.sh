#!/bin/sh
# Makes sure that programs which the tests run can be run: scripts/need.sh redis-server tmux. The tests start real servers and
# real terminals, and are never skipped. Installs what is missing with apt-get where that needs no password, and otherwise
# says what to type. python3-redis is no program but a library, of the python3 that the system has.
set -eu

# there NAME tells whether it is there.
there() {
  case $1 in
  python3-redis) /usr/bin/python3 -c 'import redis' >/dev/null 2>&1 ;;
  *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

missing=
for program in "$@"; do
  there "$program" || missing="$missing $program"
done
missing=${missing# }
[ -n "$missing" ] || exit 0

# packages NAME: what the packages of the missing programs are called, where that of redis-server is NAME; of node it is nodejs, and
# of tmux and all others the package has the name of the program.
packages() {
  for program in $missing; do
    case $program in
    redis-server) printf ' %s' "$1" ;;
    node) printf ' nodejs' ;;
    *) printf ' %s' "$program" ;;
    esac
  done
}

if command -v apt-get >/dev/null 2>&1; then
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    as_root='sudo -n'
  fi
  if [ -z "$as_root" ] || $as_root true >/dev/null 2>&1; then
    echo "not installed: $missing; installing with apt-get" >&2
    # shellcheck disable=SC2046 # several packages are several words
    if $as_root apt-get update -qq >&2 &&
      $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(packages redis-server) >&2; then
      installed=yes
      for program in $missing; do
        there "$program" || installed=no
      done
      [ "$installed" = no ] || exit 0
    fi
    echo "installing $missing failed" >&2
  fi
  how="sudo apt-get update && sudo apt-get install -y$(packages redis-server)"
elif command -v dnf >/dev/null 2>&1; then
  how="sudo dnf install -y$(packages redis)"
elif command -v apk >/dev/null 2>&1; then
  how="sudo apk add$(packages redis)"
elif command -v brew >/dev/null 2>&1; then
  how="brew install$(packages redis)"
else
  how="install $missing so that it is in the PATH: https://redis.io/docs/latest/operate/oss_and_stack/install/ (7 or later), https://github.com/tmux/tmux/wiki/Installing"
fi

echo "not installed, and needed: $missing" >&2
echo "hint: $how" >&2
exit 1
