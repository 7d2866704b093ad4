#!/bin/bash
# up.sh [WORKER…]: the control plane, and workers that nothing was installed on (worker-1 unless others are named).
. "$(dirname "$0")/common.sh"
. "$lab/cgroup.sh"

[ -e "$cache/worker" ] || fail "nothing was built" "run: tests/lab/lab build"
[ $# -gt 0 ] || set -- worker-1
khw=$(khw_bin)

start_master() {
  # A file system of the lab's own: a kubelet evicts Pods when 85 % of the disk is used, whoever uses it.
  mkdir -p "$state"
  truncate -s 32G "$cache/state.ext4"
  mkfs.ext4 -q -F -E lazy_itable_init=1,lazy_journal_init=1 "$cache/state.ext4"
  mount -o loop "$cache/state.ext4" "$state"
  mkdir -p "$state/master" "$state/ssh" "$state/log" "/etc/netns/$master_ns"
  chmod 700 "$state"
  ssh-keygen -q -t ed25519 -N '' -f "$state/ssh/id"

  # One switch, in the control plane's namespace, which has the tutorial's addresses.
  ip netns add "$master_ns"
  on_master ip link set lo up
  on_master ip link add lab0 type bridge
  on_master ip link set lab0 up
  on_master ip address add "$bridge_address/24" dev lab0
  on_master ip address add "$api_address/24" dev lab0
  {
    printf '127.0.0.1 localhost\n%s master-1\n' "$api_address"
    for n in $(seq 15); do printf '%s worker-%s\n' "$(worker_address "worker-$n")" "$n"; done
  } >"/etc/netns/$master_ns/hosts"

  say "making the control plane's files"
  (cd "$state/master" && PATH=$khw:$PATH && "$lab/master-files.sh" "$api_address")

  say "starting etcd, kube-apiserver and kube-controller-manager"
  (
    enter_cgroup master
    cd "$state/master"
    exec </dev/null
    on_master "$cache/kubernetes/etcd" --data-dir "$state/etcd" --listen-client-urls http://127.0.0.1:2379 \
      --advertise-client-urls http://127.0.0.1:2379 --unsafe-no-fsync >"$state/log/etcd" 2>&1 &
    # --kubelet-certificate-authority: the kubelet's serving certificate is verified before logs and exec.
    on_master "$cache/kubernetes/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --bind-address=0.0.0.0 \
      --advertise-address="$api_address" --secure-port=6443 --client-ca-file=ca.crt \
      --tls-cert-file=kube-apiserver.crt --tls-private-key-file=kube-apiserver.key \
      --kubelet-certificate-authority=ca.crt --kubelet-client-certificate=apiserver-kubelet-client.crt \
      --kubelet-client-key=apiserver-kubelet-client.key --authorization-mode=Node,RBAC \
      --enable-admission-plugins=NodeRestriction --enable-bootstrap-token-auth=true \
      --service-account-issuer=https://kubernetes.default.svc \
      --service-account-key-file=service-accounts.crt --service-account-signing-key-file=service-accounts.key \
      --service-cluster-ip-range="$service_cidr" --allow-privileged=true >"$state/log/kube-apiserver" 2>&1 &
    on_master "$cache/kubernetes/kube-controller-manager" --kubeconfig=kube-controller-manager.kubeconfig \
      --service-account-private-key-file=service-accounts.key --root-ca-file=ca.crt --cluster-signing-cert-file=ca.crt \
      --cluster-signing-key-file=ca.key --use-service-account-credentials=true --leader-elect=false \
      >"$state/log/kube-controller-manager" 2>&1 &
  )
}

start_worker() {
  local worker=$1 dir namespace link
  dir=$(worker_dir "$worker")
  namespace=$(worker_ns "$worker")
  link=lab-${worker#worker-}
  mkdir -p "$dir"/{upper,work,root,containerd,docker}
  mount -t overlay khw-lab -o "lowerdir=$cache/worker/root,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
  printf '%s\n' "$worker" >"$dir/root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n%s master-1\n' "$worker" "$api_address" >"$dir/root/etc/hosts"
  install -d -m 700 -o 1000 -g 1000 "$dir/root/home/$login/.ssh"
  install -m 600 -o 1000 -g 1000 "$state/ssh/id.pub" "$dir/root/home/$login/.ssh/authorized_keys"

  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  ip link add "$link" netns "$master_ns" type veth peer name eth0 netns "$namespace"
  on_master ip link set "$link" master lab0 up
  ip -n "$namespace" address add "$(worker_address "$worker")/24" dev eth0
  ip -n "$namespace" link set eth0 up
  ip -n "$namespace" route add default via "$bridge_address"
  setsid "$lab/worker.sh" "$worker" >"$state/log/$worker" 2>&1 &
}

[ -e "/run/netns/$master_ns" ] || start_master
for worker; do
  say "starting $worker"
  start_worker "$worker"
done
await 120 "the API server" kubectl get --raw /healthz
for worker; do
  await 120 "$worker" on_worker "$worker" true
  # Programs that the tutorial's chapter takes for granted on the worker: khw's own.
  tar -C "$khw" -cf - khw-cert khw-kubeconfig khw-kubelet-conf khw-proxy-conf khw-unit khw-install |
    on_worker "$worker" sudo tar -C /usr/local/bin --no-same-owner -xf -
  await 60 "$worker's image" on_worker "$worker" systemctl is-active lab.service
done
