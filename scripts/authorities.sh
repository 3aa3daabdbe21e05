#!/bin/sh
# Copies the authorities that this system trusts, for the container image: scripts/authorities.sh FILE.
set -eu

# Where systems keep them in one file: Debian and Alpine, Fedora, older Red Hat, openSUSE, macOS.
for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem \
  /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem; do
  if [ -s "$bundle" ]; then
    mkdir -p "$(dirname "$1")"
    cp "$bundle" "$1"
    chmod 644 "$1"
    exit 0
  fi
done
echo "no authorities found on this system" >&2
echo "hint: install the package ca-certificates" >&2
exit 1
