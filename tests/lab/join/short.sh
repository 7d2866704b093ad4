#!/bin/bash
# The same worker in khw's shorter words, with containerd. On master-1, in the directory that has ca.crt and ca.key.
#   short.sh WORKER ADDRESS INPUT PROGRAMS
set -euxo pipefail
worker=$1 address=$2 programs=$4
export KHW_KUBERNETES_VERSION=v1.20.2

mkdir -p "$worker"
khw-cert node "$worker" "$address" -d "$worker"
khw-cert client kube-proxy -d "$worker"
khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --client-certificate "$worker/$worker.crt" --client-key "$worker/$worker.key" -o "$worker/$worker.kubeconfig"
khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --client-certificate "$worker/kube-proxy.crt" --client-key "$worker/kube-proxy.key" -o "$worker/kube-proxy.kubeconfig"
khw-kubelet-conf --runtime containerd --node "$worker" -o "$worker/kubelet-config.yaml"
khw-proxy-conf --cluster-cidr 10.200.0.0/16 -o "$worker/kube-proxy-config.yaml"
khw-unit kubelet --runtime containerd --node "$worker" --node-ip "$address" -o "$worker/kubelet.service"
khw-unit kube-proxy -o "$worker/kube-proxy.service"

scp -r "$worker" "$worker:~/"
scp ca.crt "$programs/kubectl" "$programs/kube-proxy" "$programs/kubelet" "$worker:~/$worker/"
ssh "$worker" sudo khw-install node --from "$worker"
ssh "$worker" sudo khw-install start --timeout 120
