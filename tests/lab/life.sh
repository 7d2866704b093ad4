#!/bin/bash
# life.sh WORKER: what comes after joining, on a worker that is up and has not joined: it joins in khw's shorter words, gets a
# new certificate while it stays Ready, and is taken away again. One named check a line, as check.sh has them.
. "$(dirname "$0")/common.sh"

worker=$1
address=$(worker_address "$worker")
KHW_BIN_DIR=$(khw_bin)
export KHW_BIN_DIR
failed=0
there() { on_worker "$worker" sudo bash -c "$(printf '%q' "set -e; cd /root; $1")"; }
check() { "$lab/check.sh" --only "$1" "$worker" >"$state/log/life-$worker" || { cat "$state/log/life-$worker"; failed=1; }; }
# held NAME EVIDENCE [EXPECTED]: a check; with EXPECTED the evidence must be that.
held() {
  local holds=ok
  [ $# -eq 2 ] || [ "$2" = "$3" ] || holds=FAILED failed=1
  printf '%-6s %-9s %-16s %s\n' "$holds" "$worker" "$1" "$(tail -n 1 <<<"$2" | cut -c 1-110)"
}

# Every file, directory and link where a worker's files are: type, mode, owner, and what is in it.
picture() {
  there "find /etc /opt /usr/local /root /var/lib/kubelet /var/lib/kube-proxy /var/lib/kubernetes /var/lib/khw /var/run/kubernetes /var/lib \
    -xdev \\( -path /var/lib/containerd -o -path /var/lib/docker -o -path /var/lib/systemd -o -path /var/lib/private \\) -prune -o \
    -printf '%p %y %m %u %g %l ' \\( -type f -exec sha256sum {} \\; -o -printf '\\n' \\) 2>/dev/null | sort -u || true"
}
picture >"$state/before-$worker"

"$lab/join.sh" short "$worker"
check registered,kubelet-healthz,cni,ready

# A new certificate: the same key and names, another serial number. The node must not stop being Ready.
serving() {
  on_master openssl s_client -connect "$address:10250" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
since() { kubectl get node "$worker" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].lastTransitionTime}'; }
old_serial=$(serving)
old_since=$(since)
(
  cd "$state/master"
  PATH=$KHW_BIN_DIR:$PATH
  khw-cert renew "$worker/$worker.crt"
  khw-kubeconfig new --server "https://$api_address:6443" --certificate-authority ca.crt \
    --client-certificate "$worker/$worker.crt" --client-key "$worker/$worker.key" -o "$worker/$worker.kubeconfig"
) >"$state/log/renew-$worker" 2>&1 || fail "the certificate was not renewed" "see $state/log/renew-$worker"
on_worker "$worker" sudo khw-install kubelet-cert --node "$worker" - <"$state/master/$worker/$worker.crt" >/dev/null
on_worker "$worker" sudo khw-install kubelet-kubeconfig --node "$worker" - <"$state/master/$worker/$worker.kubeconfig" >/dev/null
there 'khw-install start --timeout 60s' >"$state/log/renew-$worker" 2>&1 || fail "the kubelet does not start again" "see $state/log/renew-$worker"
new_serial=$(openssl x509 -noout -serial -in "$state/master/$worker/$worker.crt")
[ "$new_serial" != "$old_serial" ] || fail "the new certificate has the old serial number"
held renewed "$(serving)" "$new_serial"
check ready,verify-silent
held stayed-ready "$(since)" "$old_since"

# Taken away: what the kubelet itself wrote may stay, and nothing else.
there 'rm /etc/cni/net.d/10-bridge.conf; rm -r /opt/cni/bin/*; systemctl disable --quiet --now kubelet kube-proxy
  for at in $(awk "\$2 ~ \"^/var/lib/kubelet/\" {print \$2}" /proc/mounts | sort -r); do umount "$at"; done'
# Status 1: it leaves the directory with the kubelet's own files, and says so.
there 'khw-install remove || [ $? = 1 ]; systemctl daemon-reload' >"$state/log/remove-$worker" 2>&1
there "rm -rf /home/$login/$worker"
picture >"$state/after-$worker"
left=$(diff "$state/before-$worker" "$state/after-$worker" | grep '^[<>]' |
  grep -vE '^> /var/lib/(kubelet( d|/(pods|plugins|plugins_registry|pod-resources|device-plugins|pki|cpu_manager_state|memory_manager_state))|cni|dockershim)' |
  grep -vE '^[<>] (/var/lib d|/etc/systemd/system/multi-user.target.wants d|/var/lib/(dbus|sudo|logrotate|apt))') || true
held removed "$left" ''
[ -z "$left" ] || printf '%s\n' "$left" | sed 's/^/       /'
exit "$failed"
