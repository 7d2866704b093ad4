#!/bin/sh
# Records what kubelet and kube-proxy 1.20.2 themselves say to every feature gate of khw's table, on and off: 1.20.2.tsv
# beside this script, which tests/cli/conf_gates.rs compares khw with. Run it when the table has a new gate.
#
#     tests/lab/gates/make.sh             # with the lab's programs below KHW_LAB (/var/cache/khw-lab); 5 minutes
#
# Both stop before they do anything: the kubelet at a configuration that is not there, kube-proxy after it has written
# its defaults to /dev/null. Feature gates come before that.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
programs=${KHW_LAB:-/var/cache/khw-lab}/kubernetes
table=$here/../../../khw-kubelet-conf/src/component/gates.tsv

verdict() {
  "$@" 2>&1 | sed -n 's/.*unrecognized feature gate: .*/unknown/p; s/.*cannot set feature gate .*/locked/p' | head -n 1
}

{
  printf 'gate\tkubelet true\tkubelet false\tkube-proxy true\tkube-proxy false\n'
  grep -v '^#' "$table" | cut -f 1 | while read -r gate; do
    printf %s "$gate"
    for value in true false; do
      said=$(verdict "$programs/kubelet" "--feature-gates=$gate=$value" --config=/nonexistent)
      printf '\t%s' "${said:-taken}"
    done
    for value in true false; do
      said=$(verdict "$programs/kube-proxy" "--feature-gates=$gate=$value" --write-config-to=/dev/null)
      printf '\t%s' "${said:-taken}"
    done
    echo
  done
} >"$here/1.20.2.tsv.new"
mv "$here/1.20.2.tsv.new" "$here/1.20.2.tsv"
