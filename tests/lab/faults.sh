#!/bin/bash
# faults.sh WORKER: that every check can fail. On a worker for which all of them hold, breaks what each looks at, sees that
# very check fail, and mends it. Status 1 when a check holds though its subject is broken, or does not hold again after.
. "$(dirname "$0")/common.sh"

worker=$1
KHW_BIN_DIR=$(khw_bin)
export KHW_BIN_DIR
failed=0

# The breaking and mending are words for eval, run when it is their turn.
# shellcheck disable=SC2016,SC2317
# As root on the worker; what it says is of interest only when it fails.
there() { on_worker "$worker" sudo bash -c "$(printf '%q' "set -e; $1")"; }
check() { KHW_LAB_PATIENCE=$1 "$lab/check.sh" --only "$2" "$worker"; }

# fault CHECK WHAT BREAK MEND
fault() {
  local said
  eval "$3" >"$state/log/faults" 2>&1 || fail "$1: could not be broken: $2" "see $state/log/faults"
  if said=$(check 3 "$1"); then
    printf 'MISSED %-16s %s\n' "$1" "$2"
    failed=1
  else
    printf 'red    %-16s %s: %s\n' "$1" "$2" "$(cut -c 35- <<<"$said")"
  fi
  eval "$4" >"$state/log/faults" 2>&1 || fail "$1: could not be mended: $2" "see $state/log/faults"
  check 60 "$1" >"$state/log/faults" || {
    printf 'STAYED %-16s red after mending: %s\n' "$1" "$2"
    failed=1
  }
}

start='there "systemctl reset-failed; systemctl restart kubelet kube-proxy"'

fault registered 'the node is deleted while its kubelet is stopped' \
  'there "systemctl stop kubelet"; kubectl delete node "$worker"' "$start"
fault kubelet-healthz 'the kubelet is stopped' 'there "systemctl stop kubelet"' "$start"
fault proxy-healthz 'kube-proxy is stopped' 'there "systemctl stop kube-proxy"' "$start"
fault cni 'the directory of CNI programs cannot be written' \
  'there "mount --bind /opt/cni/bin /opt/cni/bin; mount -o remount,bind,ro /opt/cni/bin"' 'there "umount /opt/cni/bin"'
# Put back with cp: containerd 1.6 looks again when a file is written, not when one is moved in.
not_ready() { ! check 1 ready; }
fault ready 'the CNI configuration is gone' \
  'there "mv /etc/cni/net.d/10-bridge.conf /root/"; await 60 "a node without network" not_ready' 'there "cp /root/10-bridge.conf /etc/cni/net.d/"'
fault pod 'another Pod has the name' \
  'kubectl delete pod "pod-$worker" --now; kubectl run "pod-$worker" --image other' 'kubectl delete pod "pod-$worker" --now'
fault pod-runs 'the Pod is deleted' 'kubectl delete pod "pod-$worker" --now' 'check 0 pod'
# The API server verifies the serving certificate: with one of another CA both end.
other='there "cd /root; khw-cert ca --force; khw-cert node $worker 10.0.0.1 --force; cp /var/lib/kubelet/$worker.{crt,key} /var/tmp/; cp $worker.{crt,key} /var/lib/kubelet/"'
mine='there "cp /var/tmp/$worker.{crt,key} /var/lib/kubelet/"'
fault logs "the kubelet serves another CA's certificate" "$other; $start; check 30 kubelet-healthz" "$mine; $start"
fault exec "the kubelet serves another CA's certificate" "$other; $start; check 30 kubelet-healthz" "$mine; $start"
fault service 'nothing routes the Service' \
  'there "systemctl stop kube-proxy; iptables -t nat -F KUBE-SERVICES"' "$start"
fault quiet-logs 'the configuration has a misspelt field' \
  'there "echo resolverConfig: /etc/resolv.conf >>/var/lib/kubelet/kubelet-config.yaml"; eval "$start"; check 30 kubelet-healthz' \
  'there "sed -i /resolverConfig/d /var/lib/kubelet/kubelet-config.yaml"; eval "$start"; there "journalctl --rotate; journalctl --vacuum-time=1s"'
fault verify-silent 'others may read the key' \
  'there "chmod 644 /var/lib/kubelet/$worker.key"' 'there "chmod 600 /var/lib/kubelet/$worker.key"'
fault reboot 'the machine refuses to reboot' 'there "systemctl mask reboot.target"' 'there "systemctl unmask reboot.target"'
fault back 'the kubelet did not come back' 'there "systemctl stop kubelet"' "$start"
fault service-again 'nothing routes the Service' \
  'there "systemctl stop kube-proxy; iptables -t nat -F KUBE-SERVICES"' "$start"
exit "$failed"
