#!/bin/bash
# The whole lab: three workers in the tutorial's own words, in khw's and in mixed ones; three at once in a shell loop; three
# at once with make -j; one through a single pipe, one that asks for its certificates, one that gets a new certificate and is
# taken away. A table of what held at the end, status 1 when something did not, and nothing left behind.
. "$(dirname "$0")/common.sh"

began=$SECONDS
table=$(mktemp)
# shellcheck disable=SC2317  # called by the trap
finish() {
  status=$?
  [ "${KHW_LAB_KEEP-}" = 1 ] || "$lab/down.sh" || status=1
  rm -f "$table" "$table".*
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

"$lab/build.sh"
# What a run that was killed has left.
"$lab/down.sh"
KHW_BIN_DIR=$(khw_bin)
export KHW_BIN_DIR

check_all() {
  local checks=() worker
  for worker; do
    "$lab/check.sh" "${only[@]}" "$worker" >"$table.$worker" &
    checks+=($!)
  done
  for check in "${checks[@]}"; do wait "$check" || broken=1; done
  for worker; do
    tee -a "$table" <"$table.$worker"
    rm "$table.$worker"
  done
}

broken=0
only=()
"$lab/up.sh" worker-1 worker-2 worker-3
"$lab/join.sh" tutorial worker-1
"$lab/join.sh" short worker-2
"$lab/join.sh" mixed worker-3
check_all worker-1 worker-2 worker-3

# Three at once, which is where files get lost.
only=(--only "registered,kubelet-healthz,proxy-healthz,cni,ready,quiet-logs,verify-silent")
"$lab/up.sh" worker-4 worker-5 worker-6
"$lab/join.sh" loop worker-4 worker-5 worker-6
check_all worker-4 worker-5 worker-6
"$lab/up.sh" worker-7 worker-8 worker-9
"$lab/join.sh" make worker-7 worker-8 worker-9
check_all worker-7 worker-8 worker-9

# What the tutorial's later chapters do, and what comes after. In a new cluster: twelve workers at once are more than the 128
# inotify instances that one user has by default, and a containerd that gets none runs without its CRI.
kubectl get nodes -o wide
"$lab/down.sh"
"$lab/up.sh" worker-10 worker-11 worker-12
"$lab/life.sh" worker-12 >"$table.life" &
life=$!
"$lab/join.sh" bundle worker-10
"$lab/join.sh" bootstrap worker-11
only=(--only "registered,kubelet-healthz,proxy-healthz,cni,ready,pod,pod-runs,logs,exec,quiet-logs,verify-silent")
check_all worker-10 worker-11
wait "$life" || broken=1
tee -a "$table" <"$table.life"
rm "$table.life"

kubectl get nodes -o wide
printf '\n%s of %s checks hold, %s s\n' "$(grep -c '^ok' "$table")" "$(grep -cE '^(ok|FAILED)' "$table")" "$((SECONDS - began))"
grep '^FAILED' "$table" || true
exit "$broken"
