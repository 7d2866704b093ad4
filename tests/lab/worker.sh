#!/bin/bash
# worker.sh NAME: the machine NAME, in the foreground. `lab up` starts it in the background, one for each worker.
. "$(dirname "$0")/common.sh"
. "$lab/cgroup.sh"

worker=$1
dir=$(worker_dir "$worker")

if [ "${2-}" != inside ]; then
  enter_cgroup "$worker"
  exec unshare --cgroup --mount --propagation private "$0" "$worker" inside
fi
mount_cgroups
# nspawn ends with 133 when the machine wants to be started again.
while :; do
  status=0
  # - --register=no --keep-unit: there need not be a systemd on the host.
  # - SYSTEMD_NSPAWN_API_VFS_WRITABLE: kube-proxy sets network sysctls, the kubelet writes control groups.
  # - --system-call-filter: runc joins session keyrings.
  # - images outside the overlay: a runtime cannot put an overlay on an overlay.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes systemd-nspawn --quiet --directory "$dir/root" --machine "$worker" --boot --register=no --keep-unit \
    --network-namespace-path "/run/netns/$(worker_ns "$worker")" --resolv-conf=off --timezone=off --link-journal=no \
    --capability=all --bind="$cgroups" --system-call-filter="@keyring bpf" \
    --bind="$dir/containerd:/var/lib/containerd" --bind="$dir/docker:/var/lib/docker" \
    </dev/null || status=$?
  [ "$status" = 133 ] || exit "$status"
done
