#!/bin/bash
# master-files.sh ADDRESS: the certificates and kubeconfigs of the control plane, in the current directory, with khw
# alone. What the tutorial's earlier chapters have made when its chapter on the worker begins.
set -euo pipefail
address=$1

khw-cert ca
printf '%s\n' '[req]' 'req_extensions = v3_req' 'distinguished_name = dn' '[dn]' '[v3_req]' 'basicConstraints = CA:FALSE' \
  'keyUsage = critical, digitalSignature, keyEncipherment' 'extendedKeyUsage = serverAuth' \
  'subjectAltName = DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, DNS:kubernetes.default.svc.cluster.local, DNS:master-1, IP:10.96.0.1, IP:127.0.0.1, IP:'"$address" \
  >kube-apiserver.cnf
khw-cert genrsa -out kube-apiserver.key 2048
khw-cert req -new -key kube-apiserver.key -subj /CN=kube-apiserver -out kube-apiserver.csr -config kube-apiserver.cnf
khw-cert x509 -req -in kube-apiserver.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out kube-apiserver.crt \
  -extensions v3_req -extfile kube-apiserver.cnf -days 1000
khw-cert genrsa -out service-account.key 2048
for client in admin apiserver-kubelet-client kube-controller-manager; do khw-cert client "$client"; done
for user in admin kube-controller-manager; do
  khw-kubeconfig new --server "https://$address:6443" --certificate-authority ca.crt \
    --client-certificate "$user.crt" --client-key "$user.key" -o "$user.kubeconfig"
done
