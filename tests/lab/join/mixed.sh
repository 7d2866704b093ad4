#!/bin/bash
# Old and new tools mixed, with containerd: openssl's certificate in khw's kubeconfig for the kubelet, khw's certificate in
# kubectl's kubeconfig for kube-proxy. Everything goes to the worker through pipes. On master-1, as the others.
#   mixed.sh WORKER ADDRESS INPUT PROGRAMS
set -euxo pipefail
worker=$1 address=$2 input=$3 programs=$4

sed "s/worker-1/$worker/; s/192.168.5.21/$address/" "$input/openssl-worker-1.cnf" >"openssl-$worker.cnf"
openssl genrsa -out "$worker.key" 2048
openssl req -new -key "$worker.key" -subj "/CN=system:node:$worker/O=system:nodes" -out "$worker.csr" -config "openssl-$worker.cnf"
openssl x509 -req -in "$worker.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$worker.crt" -extensions v3_req -extfile "openssl-$worker.cnf" -days 1000
khw-kubeconfig set-cluster lab --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig="$worker.kubeconfig"
khw-kubeconfig set-credentials "system:node:$worker" --client-certificate="$worker.crt" --client-key="$worker.key" --embed-certs=true --kubeconfig="$worker.kubeconfig"
khw-kubeconfig set-context default --cluster=lab --user="system:node:$worker" --kubeconfig="$worker.kubeconfig"
khw-kubeconfig use-context default --kubeconfig="$worker.kubeconfig"

mkdir -p "proxy-$worker"
khw-cert client kube-proxy -d "proxy-$worker"
kubectl config set-cluster lab --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig="proxy-$worker/kubeconfig"
kubectl config set-credentials system:kube-proxy --client-certificate="proxy-$worker/kube-proxy.crt" --client-key="proxy-$worker/kube-proxy.key" --embed-certs=true --kubeconfig="proxy-$worker/kubeconfig"
kubectl config set-context default --cluster=lab --user=system:kube-proxy --kubeconfig="proxy-$worker/kubeconfig"
kubectl config use-context default --kubeconfig="proxy-$worker/kubeconfig"

# The key goes through the pipe too, so it is never a file of the login user's on the worker.
place() { ssh "$worker" sudo khw-install "$1" --node "$worker" -; }
ssh "$worker" sudo khw-install dirs
scp "$programs/kubectl" "$programs/kube-proxy" "$programs/kubelet" "$worker:~/"
ssh "$worker" sudo khw-install binaries kubectl kube-proxy kubelet
place ca <ca.crt
place kubelet-cert <"$worker.crt"
place kubelet-key <"$worker.key"
place kubelet-kubeconfig <"$worker.kubeconfig"
place kube-proxy-kubeconfig <"proxy-$worker/kubeconfig"
khw-kubelet-conf --kubernetes-version v1.20.2 --runtime containerd --node "$worker" | place kubelet-config
khw-unit kubelet --kubernetes-version v1.20.2 --runtime containerd --node "$worker" | place kubelet-unit
khw-proxy-conf --kubernetes-version v1.20.2 --cluster-cidr 10.200.0.0/16 | place kube-proxy-config
khw-unit kube-proxy --kubernetes-version v1.20.2 | place kube-proxy-unit
ssh "$worker" 'sudo systemctl daemon-reload && sudo systemctl enable --now kubelet kube-proxy'
