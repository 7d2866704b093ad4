#!/bin/bash
# A worker without a certificate of its own: with a bootstrap token it asks the API server for one, and then for its serving
# certificate too (TLS bootstrapping), with containerd. On master-1, in the directory that has ca.crt and ca.key.
#   bootstrap.sh WORKER ADDRESS INPUT PROGRAMS
set -euxo pipefail
worker=$1 address=$2 programs=$4
export KHW_KUBERNETES_VERSION=v1.20.2 KUBECONFIG=admin.kubeconfig
kubectl=$programs/kubectl

# Once a cluster: a token, and that who has one may ask for a client certificate and is given it unasked.
"$kubectl" create secret generic bootstrap-token-abcdef --namespace kube-system --type bootstrap.kubernetes.io/token \
  --from-literal token-id=abcdef --from-literal token-secret=0123456789abcdef --from-literal usage-bootstrap-authentication=true
"$kubectl" create clusterrolebinding create-csrs --clusterrole system:node-bootstrapper --group system:bootstrappers
"$kubectl" create clusterrolebinding approve-csrs --group system:bootstrappers \
  --clusterrole system:certificates.k8s.io:certificatesigningrequests:nodeclient

mkdir -p "$worker"
khw-cert client kube-proxy -d "$worker"
printf 'abcdef.0123456789abcdef' | khw-kubeconfig bootstrap --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --token-file - -o "$worker/bootstrap-kubeconfig"
khw-kubeconfig new --server https://192.168.5.30:6443 --certificate-authority ca.crt \
  --client-certificate "$worker/kube-proxy.crt" --client-key "$worker/kube-proxy.key" -o "$worker/kube-proxy.kubeconfig"
khw-kubelet-conf --runtime containerd --rotate-certificates --rotate-server-certificates -o "$worker/kubelet-config.yaml"
khw-proxy-conf --cluster-cidr 10.200.0.0/16 -o "$worker/kube-proxy-config.yaml"
khw-unit kubelet --runtime containerd --node-ip "$address" --bootstrap-kubeconfig -o "$worker/kubelet.service"
khw-unit kube-proxy -o "$worker/kube-proxy.service"

scp -r "$worker" "$worker:~/"
scp ca.crt "$programs/kubectl" "$programs/kube-proxy" "$programs/kubelet" "$worker:~/$worker/"
ssh "$worker" sudo khw-install node --from "$worker"
ssh "$worker" sudo khw-install start --timeout 120

# The serving certificate: a person looks at who asks for what name, and approves.
asked() { "$kubectl" get csr --no-headers | awk -v node="system:node:$worker" '$3 ~ /kubelet-serving/ && $4 == node && $NF == "Pending" {print $1}'; }
for _ in $(seq 60); do
  request=$(asked)
  [ -z "$request" ] || break
  sleep 0.5
done
"$kubectl" certificate approve "$request"
