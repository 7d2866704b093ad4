#!/bin/bash
# Stages the tutorial's worker under target/demo with a throw-away CA, by khw's own pipes, and checks it.
# Unprivileged: under --root the owner is whoever runs it. Every run starts anew.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
target=${CARGO_TARGET_DIR:-$top/target}
version=v1.20.2   # the last line of Kubernetes that still takes the tutorial's Docker flags

if [ -z "${KHW_BIN_DIR-}" ]; then
  cargo build --quiet --locked --workspace --bins
  KHW_BIN_DIR=$target/debug
fi
PATH=$(cd "$KHW_BIN_DIR" && pwd):$PATH
export KHW_KUBERNETES_VERSION=$version

demo=$target/demo
rm -rf "$demo"
mkdir -p "$demo/master-1" "$demo/root/etc"
root=$demo/root
# The tree has a name, as an image of worker-1 would: khw-install reads it there.
echo worker-1 >"$root/etc/hostname"

# Says each command before it runs it.
run() {
  printf '\033[1m$ %s\033[0m\n' "$1" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi
  bash -euo pipefail -c "$1"
}
export root version

cd "$demo/master-1"
printf '\n# On master-1: certificates, kubeconfigs, configuration files and units, in %s\n' "$demo/master-1"
run 'khw-cert ca && khw-cert node worker-1 192.168.5.21 && khw-cert client kube-proxy'
run 'khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
    --client-certificate worker-1.crt --client-key worker-1.key > worker-1.kubeconfig'
run 'khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
    --client-certificate kube-proxy.crt --client-key kube-proxy.key > kube-proxy.kubeconfig'

printf '\n# On worker-1, here the tree %s\n' "$root"
run 'khw-install dirs --root "$root"'
run 'khw-install ca ca.crt --root "$root"'
run 'khw-install kubelet-cert worker-1.crt --root "$root"'
run 'khw-install kubelet-key worker-1.key --root "$root"'
run 'khw-install kubelet-kubeconfig worker-1.kubeconfig --root "$root"'
run 'khw-kubelet-conf --kubernetes-version "$version" | khw-install kubelet-config - --root "$root"'
run 'khw-unit kubelet --node worker-1 --kubernetes-version "$version" | khw-install kubelet-unit - --root "$root"'
run 'khw-install kube-proxy-kubeconfig kube-proxy.kubeconfig --root "$root"'
run 'khw-proxy-conf --cluster-cidr 10.244.0.0/16 | khw-install kube-proxy-config - --root "$root"'
run 'khw-unit kube-proxy | khw-install kube-proxy-unit - --root "$root"'

printf '\n# Do the files agree? (The binaries are not placed yet.)\n'
run 'khw-install verify --root "$root" --node worker-1 --ignore binary-missing'
echo 'yes'

printf '\n# The same again with one command, from files: nothing changes\n'
run 'khw-kubelet-conf --kubernetes-version "$version" > kubelet-config.yaml
  khw-proxy-conf --cluster-cidr 10.244.0.0/16 > kube-proxy-config.yaml
  khw-unit kubelet --node worker-1 --kubernetes-version "$version" > kubelet.service
  khw-unit kube-proxy > kube-proxy.service
  khw-install node --node worker-1 --from . --root "$root"'

printf '\n# The tree\n'
find "$root" -mindepth 1 \( -type d -printf '%M %u:%g %8s  /%P/\n' -o -printf '%M %u:%g %8s  /%P\n' \) | sort -k 4
