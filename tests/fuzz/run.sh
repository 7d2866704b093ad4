#!/bin/bash
# Runs the fuzz targets, each for a number of seconds; `make fuzz` is this.
#
#   tests/fuzz/run.sh [SECONDS [TARGET…]]       60, all of them
#
# What is found is kept in target/fuzz/found, with the command that shows it again; the corpora in target/fuzz/corpus grow
# from run to run. Stable Rust has the instrumentation of libFuzzer; a C++ compiler builds libFuzzer itself.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
seconds=${1:-60}
[ $# -gt 0 ] && shift
work=${CARGO_TARGET_DIR:-$top/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# As cargo-fuzz does it, without the address sanitizer, which wants a nightly compiler: khw has no unsafe code.
export RUSTFLAGS='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=1'
# The target is named, so that the flags do not reach build scripts and procedural macros.
CARGO_TARGET_DIR=$work/build cargo build --quiet --locked --manifest-path "$here/Cargo.toml" --target "$host" --bins
unset RUSTFLAGS

if [ $# = 0 ]; then
  for file in "$here"/targets/*.rs; do set -- "$@" "$(basename "$file" .rs)"; done
fi
mkdir -p "$work/found"
# The tools wait for the disk whenever they write; memory has nothing to wait for.
memory=/dev/shm
[ -w "$memory" ] || memory=$work
TMPDIR=$(mktemp -d "$memory/khw-fuzz-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# Keys, requests, certificates and archives are made, not kept. In PEM for pem, in DER for the two that read DER.
made=$work/made
if [ ! -e "$made/complete" ]; then
  mkdir -p "$made"/{pem,csr,certificate,archive}
  for kind in 'rsa rsa_keygen_bits:2048' 'ec ec_paramgen_curve:P-256' ed25519; do
    set -- "${kind%% *}" "${kind##* }" "$@"
    option=()
    [ "$1" = "$2" ] || option=(-pkeyopt "$2")
    key=$made/pem/$1.key
    openssl genpkey -algorithm "$1" "${option[@]}" -out "$key" 2>/dev/null
    openssl req -new -key "$key" -subj '/CN=system:node:worker-1/O=system:nodes' -outform DER -out "$made/csr/$1" \
      -addext 'subjectAltName=DNS:worker-1,IP:192.168.5.21' -addext 'keyUsage=digitalSignature,keyEncipherment'
    openssl req -x509 -key "$key" -subj "/CN=KUBERNETES-CA" -outform DER -out "$made/certificate/$1"
    openssl x509 -inform DER -in "$made/certificate/$1" -out "$made/pem/$1.crt"
    shift 2
  done
  # A worker to bundle, by the tools themselves.
  (cd "$top" && cargo build --quiet --locked --workspace --bins)
  (
    PATH=${CARGO_TARGET_DIR:-$top/target}/debug:$PATH
    cd "$(mktemp -d)"
    new() { khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt "$@"; }
    khw-cert ca --key-type ecdsa:p256
    khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256
    khw-cert client kube-proxy --key-type ecdsa:p256
    new --client-certificate worker-1.crt --client-key worker-1.key >worker-1.kubeconfig
    new --client-certificate kube-proxy.crt --client-key kube-proxy.key >kube-proxy.kubeconfig
    khw-kubelet-conf --kubernetes-version v1.20.2 >kubelet-config.yaml
    khw-proxy-conf --cluster-cidr 10.244.0.0/16 >kube-proxy-config.yaml
    khw-unit kubelet --node worker-1 --kubernetes-version v1.20.2 >kubelet.service
    khw-unit kube-proxy >kube-proxy.service
    khw-install bundle --from . --node worker-1 -o "$made/archive/ustar"
    tar -cf "$made/archive/gnu" -- *.kubeconfig *.yaml *.service ca.crt worker-1.crt worker-1.key
    tar -cf "$made/archive/pax" --format=pax ca.crt worker-1.crt
  ) 2>/dev/null
  touch "$made/complete"
fi

status=0
for target; do
  corpus=$work/corpus/$target
  mkdir -p "$corpus"
  seeds=()
  for folder in "$here/seeds/$target" "$made/$target"; do [ ! -d "$folder" ] || seeds+=("$folder"); done
  # Ten seconds for 64 KiB are far more than linear time needs. Both outputs of the tool itself are closed.
  if "$work/build/$host/debug/$target" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$work/found/$target-" "$corpus" "${seeds[@]}" \
    2>"$work/$target.log"; then
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    covered=$(sed -n 's/.*DONE *cov: \([0-9]*\).*/\1/p' "$work/$target.log")
    printf 'fuzz: %-16s nothing found in %s runs, %s edges covered\n' "$target" "$executed" "$covered"
  else
    status=1
    found=$(sed -n 's/.*Test unit written to //p' "$work/$target.log" | tail -1)
    printf 'fuzz: %-16s FOUND: %s %s\n' "$target" "$work/build/$host/debug/$target" "$found"
  fi
done
exit $status
