#!/bin/sh
# Records what Kubernetes' own strict decoders make of every field of khw's two tables: a .tsv beside this script for
# each program and version, which tests/cli/conf_decoder.rs compares khw with. Run it when a table has a new field.
#
#     tests/lab/decode/make.sh            # with the khw tools on PATH; 10 minutes the first time, seconds later
#
# Debian 12, root or not: nothing is installed, only unpacked below KHW_LAB (/var/cache/khw-lab).
#   1.20.2  the programs' decoders, built from Debian 12's source package kubernetes with its Go 1.19; the tree is
#           where the lab has unpacked it, or in KUBERNETES_TREE, and its Go in GOROOT_1_20.
#   newer   the published types, from Debian sid's packages, with sid's Go 1.26.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
lab=${KHW_LAB:-/var/cache/khw-lab}
tree=${KUBERNETES_TREE:-$lab/kubernetes-work/go/src/k8s.io/kubernetes}
old_go=${GOROOT_1_20:-$lab/kubernetes-work/root/usr/lib/go-1.19}
work=$lab/decode
sid=$work/sid
mkdir -p "$work"

# build GOROOT GOPATH FOLDER OUTPUT: -trimpath, so that the cache serves any folder.
build() {
  (cd "$3" && GOROOT=$1 GOPATH=$2 GOCACHE=$work/gocache GO111MODULE=off GOTOOLCHAIN=local GOFLAGS=-trimpath \
    CGO_ENABLED=0 "$1/bin/go" build -o "$4" .)
}

# record PROGRAM TOOL KIND VERSION DECODER
record() {
  api=kubelet.config.k8s.io/v1beta1
  [ "$1" = kubelet ] || api=kubeproxy.config.k8s.io/v1alpha1
  "$2" fields | cut -d ' ' -f 1 | grep -vx -e kind -e apiVersion | "$5" "$3" "$api" >"$work/record"
  mv "$work/record" "$here/$1-$4.tsv"
  wc -l "$here/$1-$4.tsv"
}

# The tree finds its vendored packages only for what lies in it: a folder of links, with the program in cmd.
old=$work/go-1.20/src/k8s.io/kubernetes
mkdir -p "$old/cmd/decode"
for part in "$tree"/*; do
  [ "${part##*/}" = cmd ] || ln -sfn "$part" "$old/${part##*/}"
done
cp "$here/main.go" "$here/kubernetes_1_20.go" "$old/cmd/decode/"
build "$old_go" "$work/go-1.20" "$old/cmd/decode" "$work/decode-1.20"
record kubelet khw-kubelet-conf KubeletConfiguration 1.20.2 "$work/decode-1.20"
record kube-proxy khw-proxy-conf KubeProxyConfiguration 1.20.2 "$work/decode-1.20"

# sid, without touching the system's own apt.
if [ ! -e "$sid/complete" ]; then
  mkdir -p "$sid/lists/partial" "$sid/cache/archives/partial" "$sid/debs" "$sid/root"
  : >"$sid/status"
  found=$(grep -rhoE "https?://[^ ]+/debian/?( |$)" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d " ") || true
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${KHW_LAB_MIRROR:-$found} sid main" \
    >"$sid/sources.list"
  apt() {
    apt-get -qq -o Dir::Etc::SourceList="$sid/sources.list" -o Dir::Etc::SourceParts=/dev/null \
      -o Dir::State::Lists="$sid/lists" -o Dir::Cache="$sid/cache" -o Dir::State::status="$sid/status" "$@"
  }
  apt update
  cd "$sid/debs"
  # Everything that these depend on and that is Go.
  names=$(apt install --print-uris --no-install-recommends golang-github-kubernetes-kubelet-dev \
    golang-k8s-kube-proxy-dev golang-k8s-component-base-dev golang-k8s-apimachinery-dev golang-1.26-go |
    sed -n "s/^'[^']*' \(golang[^_]*\)_.*/\1/p")
  # shellcheck disable=SC2086
  apt download $names
  for package in *.deb; do dpkg-deb -x "$package" "$sid/root"; done
  touch "$sid/complete"
fi
version() { basename "$sid"/debs/"$1"_*.deb | sed 's/^[^_]*_\([^-]*\)-.*/\1/'; }
mkdir -p "$work/go-sid/src/decode"
cp "$here/main.go" "$here/current.go" "$work/go-sid/src/decode/"
build "$sid/root/usr/lib/go-1.26" "$work/go-sid:$sid/root/usr/share/gocode" "$work/go-sid/src/decode" \
  "$work/decode-sid"
record kubelet khw-kubelet-conf KubeletConfiguration "$(version golang-github-kubernetes-kubelet-dev)" \
  "$work/decode-sid"
# The types of k8s.io/kube-proxy 0.36.4 are those of Kubernetes 1.36.4.
record kube-proxy khw-proxy-conf KubeProxyConfiguration \
  "$(version golang-k8s-kube-proxy-dev | sed 's/^0/1/')" "$work/decode-sid"
