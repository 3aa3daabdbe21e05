#!/bin/sh
# Puts the program into a folder, for a job of CI:
#
#   scripts/ci-install.sh release latest FOLDER    the archive of a release, checked against its checksums; takes curl
#   scripts/ci-install.sh go v1.2.3 FOLDER         by go install; takes Go
set -eu

refuse() {
  echo "ci-install: $1" >&2
  echo "hint: $2" >&2
  exit 2
}

[ $# -eq 3 ] || refuse "$# arguments" "give release or go, a version, and a folder"
way=$1 version=$2 folder=$3
repository=aafailover/aafailover
mkdir -p -- "$folder"
folder=$(cd -- "$folder" && pwd)

case $way in
go)
  command -v go >/dev/null 2>&1 || refuse "go is not installed" "install Go before, as actions/setup-go does, or take a release"
  GOBIN=$folder go install "github.com/$repository@$version"
  exit
  ;;
release) ;;
*) refuse "no way to install is called $way" "give release or go" ;;
esac

case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) refuse "no archive is known for $(uname -s)" "install it by go" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) refuse "no archive is known for $(uname -m)" "install it by go" ;;
esac
if command -v sha256sum >/dev/null 2>&1; then
  check='sha256sum -c'
else
  check='shasum -a 256 -c'
fi

releases=https://github.com/$repository/releases
if [ "$version" = latest ]; then
  # The address of the latest release leads to that of its tag.
  version=$(curl --fail --silent --show-error --location --output /dev/null --write-out '%{url_effective}' "$releases/latest")
  version=${version##*/}
fi
version=${version#v}
archive=aafailover_${version}_${os}_$arch.tar.gz

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$archive" checksums.txt; do
  curl --fail --silent --show-error --location --retry 3 --output "$work/$file" "$releases/download/v$version/$file" ||
    refuse "there is no $file of v$version" "see $releases, or install it by go"
done
(
  cd "$work"
  awk -v name="$archive" '$2 == name' checksums.txt >checksum
  [ -s checksum ] || refuse "checksums.txt has none of $archive" "install it by go"
  $check checksum >/dev/null || refuse "$archive is not what its checksum says" "do not use it; tell the maintainers"
  tar -xzf "$archive" aafailover
)
mv -- "$work/aafailover" "$folder/aafailover"
"$folder/aafailover" version
