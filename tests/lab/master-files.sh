#!/bin/bash
# master-files.sh ADDRESS: the certificates and kubeconfigs of the control plane, in the current directory, with khw
# alone. What the tutorial's earlier chapters have made when its chapter on the worker begins.
set -euo pipefail
address=$1

khw-cert ca
khw-cert server kube-apiserver master-1 "$address"
for client in admin apiserver-kubelet-client kube-controller-manager service-accounts; do khw-cert client "$client"; done
for user in admin kube-controller-manager; do
  khw-kubeconfig new --server "https://$address:6443" --certificate-authority ca.crt \
    --client-certificate "$user.crt" --client-key "$user.key" -o "$user.kubeconfig"
done
