# What the verbs of the lab share: places, names, addresses, and how a step is told. Sourced, not run.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$lab/../.." && pwd)

# Parts that are made once (about 2 GB), and what one run makes. Both can be elsewhere.
cache=${KHW_LAB_CACHE:-/var/cache/khw-lab}
state=${KHW_LAB_STATE:-/var/lib/khw-lab}

version=v1.20.2
# The tutorial's addresses: the API server of master-1, and 192.168.5.2N for worker-N.
bridge_address=192.168.5.1
api_address=192.168.5.30
service_cidr=10.96.0.0/24
# The login user of the tutorial's machines.
login=vagrant
# The control plane has a network namespace of its own, and so has each worker: the host's network is not touched.
master_ns=khw-lab-master

worker_ns() { printf 'khw-lab-%s' "$1"; }
worker_address() { printf '192.168.5.2%s' "${1#worker-}"; }
worker_dir() { printf '%s/%s' "$state" "$1"; }

say() { printf 'lab: %s\n' "$*" >&2; }
fail() {
  printf 'lab: error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf 'lab: hint: %s\n' "$2" >&2
  exit 1
}

# await SECONDS WHAT COMMAND…: until COMMAND succeeds; what it said last is shown when it never does.
await() {
  local limit=$((SECONDS + $1)) what=$2 said
  shift 2
  until said=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$limit" ]; then
      printf '%s\n' "$said" | tail -n 5 >&2
      fail "$what: waited in vain" "tests/lab/lab logs shows what each part said"
    fi
    sleep 0.3
  done
}

# On master-1: in its network, with its /etc/hosts.
on_master() { ip netns exec "$master_ns" "$@"; }
kubectl() { on_master "$cache/kubernetes/kubectl" --kubeconfig "$state/master/admin.kubeconfig" "$@"; }

ssh_options=(-q -F none -i "$state/ssh/id" -o "UserKnownHostsFile=$state/ssh/known_hosts" -o StrictHostKeyChecking=accept-new
  -o ConnectTimeout=5 -o BatchMode=yes -o "User=$login")
on_worker() {
  local worker=$1
  shift
  on_master ssh "${ssh_options[@]}" "$worker" "$@"
}

# The directory of the tools under test: the debug build, or KHW_BIN_DIR.
khw_bin() {
  if [ -n "${KHW_BIN_DIR-}" ]; then
    printf '%s' "$KHW_BIN_DIR"
    return
  fi
  (cd "$top" && cargo build --quiet --locked --workspace --bins >&2)
  printf '%s/debug' "${CARGO_TARGET_DIR:-$top/target}"
}
