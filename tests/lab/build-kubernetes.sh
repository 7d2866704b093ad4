#!/bin/bash
# Kubernetes 1.20.2 from Debian's source package, and the programs that it needs beside it. Run by `lab build`.
# 1.20 is the last line that takes the tutorial's own docker unit. Packages come through apt, which checks their
# signatures; they are unpacked in the cache, not installed.
. "$(dirname "$0")/common.sh"

mkdir -p "$cache"
apt="$cache/apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/empty"
found=$(grep -rhoE "https?://[^ ]+/debian/?( |$)" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d " ") || true
mirror=${KHW_LAB_MIRROR:-$found}
[ -n "$mirror" ] || fail "no Debian archive in /etc/apt" "name one in KHW_LAB_MIRROR"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
printf '%s [signed-by=%s] %s bookworm main\n' deb "$keyring" "$mirror" deb-src "$keyring" "$mirror" >"$apt/sources.list"
: >"$apt/status"
private_apt() {
  apt-get -qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts="$apt/empty" -o Dir::State::Lists="$apt/lists" \
    -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" -o APT::Sandbox::User=root "$@"
}

work=$cache/kubernetes-work
rm -rf "$work"
mkdir -p "$work/debs" "$work/root" "$work/out"
say "fetching Kubernetes' source, Go, etcd and busybox"
private_apt update
(cd "$work/debs" && private_apt download golang-1.19-go golang-1.19-src etcd-server busybox-static)
for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
(cd "$work/debs" && private_apt source --download-only kubernetes)
mkdir -p "$work/go/src/k8s.io/kubernetes"
orig=("$work"/debs/kubernetes_*1.20.2.orig.tar.*)
[ -f "${orig[0]}" ] || fail "the archive has no Kubernetes 1.20.2: $(ls "$work/debs")" "set KHW_LAB_MIRROR to one that has bookworm"
tar -xf "${orig[0]}" --strip-components 1 -C "$work/go/src/k8s.io/kubernetes"

# GOPATH mode: in module mode Go 1.19 wants to update go.mod.
export GOPATH=$work/go GO111MODULE=off GOROOT=$work/root/usr/lib/go-1.19 GOCACHE=$work/gocache GOFLAGS=-trimpath CGO_ENABLED=0
unset GOBIN
go=$GOROOT/bin/go
cd "$work/go/src/k8s.io/kubernetes"
# kube-apiserver's one generated file.
say "building openapi-gen"
"$go" build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
packages=$(grep -rl --include '*.go' '+k8s:openapi-gen=' pkg staging/src |
  grep -v -e code-generator -e sample-apiserver | xargs -n 1 dirname | sort -u |
  sed -e 's#^staging/src/#k8s.io/kubernetes/vendor/#' -e 's#^pkg/#k8s.io/kubernetes/pkg/#' | paste -sd ,)
"$work/openapi-gen" --logtostderr -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
  -h hack/boilerplate/boilerplate.generatego.txt -r "$work/openapi.report"
# Without the version kubectl would print v0.0.0-master.
stamp=k8s.io/kubernetes/vendor/k8s.io/component-base/version
flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=20"
for program in kubelet kube-proxy kubectl kube-controller-manager kube-apiserver; do
  say "building $program"
  "$go" build -ldflags "$flags" -o "$work/out/$program" "./cmd/$program"
done
cp "$work/root/usr/bin/etcd" "$work/out/"
cp "$work/root/bin/busybox" "$work/out/" 2>/dev/null || cp "$work/root/usr/bin/busybox" "$work/out/"
(cd "$work/out" && sha256sum -- * >SHA256SUMS)
rm -rf "$cache/kubernetes"
mv "$work/out" "$cache/kubernetes"
