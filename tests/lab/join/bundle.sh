#!/bin/bash
# A worker through one pipe: all its files and programs as one archive, unpacked and checked on the other side. With
# containerd. On master-1, in the directory that has ca.crt and ca.key.
#   bundle.sh WORKER ADDRESS INPUT PROGRAMS
set -euxo pipefail
worker=$1 address=$2 programs=$4
export KHW_KUBERNETES_VERSION=v1.20.2

mkdir -p "$worker"
khw-cert node "$worker" "$address" -d "$worker"
khw-cert client kube-proxy -d "$worker"
for user in "$worker" kube-proxy; do
  khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
    --client-certificate "$worker/$user.crt" --client-key "$worker/$user.key" -o "$worker/$user.kubeconfig"
done
khw-kubelet-conf --runtime containerd --node "$worker" -o "$worker/kubelet-config.yaml"
khw-proxy-conf --cluster-cidr 10.200.0.0/16 -o "$worker/kube-proxy-config.yaml"
khw-unit kubelet --runtime containerd --node "$worker" --node-ip "$address" -o "$worker/kubelet.service"
khw-unit kube-proxy -o "$worker/kube-proxy.service"
cp ca.crt "$programs/kubectl" "$programs/kube-proxy" "$programs/kubelet" "$worker/"

khw-install bundle --from "$worker" --node "$worker" | ssh "$worker" sudo khw-install unpack -
ssh "$worker" sudo khw-install start --timeout 120
