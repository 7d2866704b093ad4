#!/bin/bash
# The parts, each made once: a part is made again when the script that makes it has changed, or when its sums are wrong.
. "$(dirname "$0")/common.sh"

missing=()
for program in debootstrap:debootstrap systemd-nspawn:systemd-container ip:iproute2 ssh:openssh-client ssh-keygen:openssh-client; do
  command -v "${program%%:*}" >/dev/null || missing+=("${program#*:}")
done
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
if [ ${#missing[@]} -gt 0 ]; then
  say "installing ${missing[*]}"
  apt-get update -qq >&2 || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# part NAME SCRIPT: made by SCRIPT in the cache as NAME, with its SHA256SUMS.
part() {
  local made="$cache/$1.made" now
  now=$(sha256sum <"$lab/$2")
  if [ -e "$cache/$1" ] && [ "$(cat "$made" 2>/dev/null)" = "$now" ] &&
    (cd "$cache/$1" && sha256sum --check --status SHA256SUMS); then
    say "$1: cached"
    return
  fi
  rm -f "$made"
  "$lab/$2"
  printf '%s\n' "$now" >"$made"
}
mkdir -p "$cache"
part kubernetes build-kubernetes.sh
part worker build-worker.sh
