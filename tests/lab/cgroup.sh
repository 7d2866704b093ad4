# Control groups of the lab: every process of a part is in khw-lab/PART of each hierarchy, so that `down` finds all of
# them however a run ended, and so that a worker's systemd and kubelet see a tree of their own. Sourced, not run.
# shellcheck shell=bash

cgroups=/sys/fs/cgroup

# The mount points: one with cgroup v2 alone, one a hierarchy with v1.
hierarchies() {
  if [ -e "$cgroups/cgroup.procs" ]; then
    printf '%s\n' "$cgroups"
  else
    local at
    for at in "$cgroups"/*/; do
      [ -L "${at%/}" ] || [ ! -e "$at/cgroup.procs" ] || printf '%s\n' "${at%/}"
    done
  fi
}

# Moves this shell into khw-lab/PART.
enter_cgroup() {
  local at up
  for at in $(hierarchies); do
    up=$at/khw-lab
    mkdir -p "$up/$1"
    # A new cpuset has neither processors nor memory.
    if [ -e "$at/cpuset.cpus" ]; then
      cat "$at/cpuset.cpus" >"$up/cpuset.cpus"
      cat "$at/cpuset.mems" >"$up/cpuset.mems"
      cat "$at/cpuset.cpus" >"$up/$1/cpuset.cpus"
      cat "$at/cpuset.mems" >"$up/$1/cpuset.mems"
    fi
    echo $$ >"$up/$1/cgroup.procs"
  done
}

# In a cgroup and mount namespace of its own: the hierarchies as seen from there, at the usual place.
mount_cgroups() {
  local at names=()
  if [ -e "$cgroups/cgroup.procs" ]; then
    mount -t cgroup2 cgroup2 "$cgroups"
    return
  fi
  for at in $(hierarchies); do names+=("${at##*/}"); done
  mount -t tmpfs -o mode=755 tmpfs "$cgroups"
  for at in "${names[@]}"; do
    mkdir "$cgroups/$at"
    case $at in
      unified) mount -t cgroup2 cgroup2 "$cgroups/$at" ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup "$cgroups/$at" ;;
      *) mount -t cgroup -o "$at" cgroup "$cgroups/$at" ;;
    esac
  done
}

# Everything that still runs in the lab, or in one PART of it.
cgroup_processes() {
  local at
  for at in $(hierarchies); do
    [ ! -d "$at/khw-lab/${1-}" ] || find "$at/khw-lab/${1-}" -name cgroup.procs -exec cat {} +
  done | sort -un
}

kill_cgroup() {
  local left
  for _ in $(seq 100); do
    left=$(cgroup_processes "${1-}")
    [ -n "$left" ] || break
    # shellcheck disable=SC2086
    kill -KILL $left 2>/dev/null || true
    sleep 0.1
  done
  [ -z "$left" ] || fail "processes that cannot be killed: ${left//$'\n'/ }"
  for at in $(hierarchies); do
    [ ! -d "$at/khw-lab/${1-}" ] || find "$at/khw-lab/${1-}" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}
