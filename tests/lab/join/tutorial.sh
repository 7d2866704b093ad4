#!/bin/bash
# The tutorial's own words, from its first line to its last, with docker: each block is the tutorial's, with khw where it
# had openssl, `kubectl config`, mkdir, mv and a heredoc. On master-1, in the directory that has ca.crt and ca.key.
#   tutorial.sh WORKER ADDRESS INPUT PROGRAMS    INPUT has openssl-worker-1.cnf, PROGRAMS kubectl, kube-proxy and kubelet
set -euxo pipefail
worker=$1 address=$2 input=$3 programs=$4

# 1. Key and certificate of the node
sed "s/worker-1/$worker/; s/192.168.5.21/$address/" "$input/openssl-worker-1.cnf" >"openssl-$worker.cnf"
khw-cert genrsa -out "$worker.key" 2048
khw-cert req -new -key "$worker.key" -subj "/CN=system:node:$worker/O=system:nodes" -out "$worker.csr" -config "openssl-$worker.cnf"
khw-cert x509 -req -in "$worker.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$worker.crt" -extensions v3_req -extfile "openssl-$worker.cnf" -days 1000

# 2. kubeconfig of the kubelet
khw-kubeconfig set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig="$worker.kubeconfig"
khw-kubeconfig set-credentials "system:node:$worker" --client-certificate="$worker.crt" --client-key="$worker.key" --embed-certs=true --kubeconfig="$worker.kubeconfig"
khw-kubeconfig set-context default --cluster=kubernetes-the-hard-way --user="system:node:$worker" --kubeconfig="$worker.kubeconfig"
khw-kubeconfig use-context default --kubeconfig="$worker.kubeconfig"

# 10, first half. The tutorial moves kube-proxy.kubeconfig, which an earlier chapter made
khw-cert genrsa -out "kube-proxy-$worker.key" 2048
khw-cert req -new -key "kube-proxy-$worker.key" -subj "/CN=system:kube-proxy" -out "kube-proxy-$worker.csr"
khw-cert x509 -req -in "kube-proxy-$worker.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "kube-proxy-$worker.crt" -days 1000
khw-kubeconfig set-cluster kubernetes-the-hard-way --certificate-authority=ca.crt --embed-certs=true --server=https://192.168.5.30:6443 --kubeconfig="kube-proxy-$worker.kubeconfig"
khw-kubeconfig set-credentials system:kube-proxy --client-certificate="kube-proxy-$worker.crt" --client-key="kube-proxy-$worker.key" --embed-certs=true --kubeconfig="kube-proxy-$worker.kubeconfig"
khw-kubeconfig set-context default --cluster=kubernetes-the-hard-way --user=system:kube-proxy --kubeconfig="kube-proxy-$worker.kubeconfig"
khw-kubeconfig use-context default --kubeconfig="kube-proxy-$worker.kubeconfig"

# 3 and 4. To the worker
scp ca.crt "$worker.crt" "$worker.key" "$worker.kubeconfig" "$worker:~/"
scp "kube-proxy-$worker.kubeconfig" "$worker:~/kube-proxy.kubeconfig"
scp "$programs/kubectl" "$programs/kube-proxy" "$programs/kubelet" "$worker:~/"

# 5 to 7. On the worker
ssh "$worker" sudo khw-install dirs
ssh "$worker" sudo khw-install binaries kubectl kube-proxy kubelet
ssh "$worker" sudo khw-install ca ca.crt
ssh "$worker" sudo khw-install kubelet-cert "$worker.crt"
ssh "$worker" sudo khw-install kubelet-key "$worker.key"
ssh "$worker" sudo khw-install kubelet-kubeconfig "$worker.kubeconfig"

# 8 and 9. The kubelet's configuration and unit
ssh "$worker" 'khw-kubelet-conf --kubernetes-version v1.13.0 | sudo khw-install kubelet-config -'
ssh "$worker" 'khw-unit kubelet --kubernetes-version v1.13.0 --node "$(hostname -s)" | sudo khw-install kubelet-unit -'

# 10. kube-proxy. The tutorial's clusterCIDR is the nodes' own network; the field means that of the Pods
ssh "$worker" sudo khw-install kube-proxy-kubeconfig kube-proxy.kubeconfig
ssh "$worker" 'khw-proxy-conf --kubernetes-version v1.13.0 --cluster-cidr 10.200.0.0/16 | sudo khw-install kube-proxy-config -'
ssh "$worker" 'khw-unit kube-proxy --kubernetes-version v1.13.0 | sudo khw-install kube-proxy-unit -'

# 11. Up
ssh "$worker" sudo systemctl daemon-reload
ssh "$worker" sudo systemctl enable kubelet kube-proxy
ssh "$worker" sudo systemctl start kubelet kube-proxy
