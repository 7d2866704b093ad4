#!/bin/bash
# Ends everything that `lab up` made, however far it came and however it ended: processes, mounts, namespaces, files.
. "$(dirname "$0")/common.sh"
. "$lab/cgroup.sh"

kill_cgroup
for at in $(awk -v under="$state" '$2 == under || index($2, under "/") == 1 {print $2}' /proc/mounts | sort -r); do
  # What held it has been killed, and may take a moment to be gone.
  for _ in $(seq 50); do
    if umount "$at" 2>/dev/null; then continue 2; fi
    sleep 0.1
  done
  umount --lazy "$at"
done
for namespace in $(ip netns list | awk '/^khw-lab-/ {print $1}'); do
  pids=$(ip netns pids "$namespace")
  # shellcheck disable=SC2086
  [ -z "$pids" ] || kill -KILL $pids 2>/dev/null || true
  ip netns delete "$namespace"
done
rm -rf "/etc/netns/$master_ns" "$state" "$cache/state.ext4"
