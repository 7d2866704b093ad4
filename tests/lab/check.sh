#!/bin/bash
# check.sh [--only NAME,…] WORKER: what must hold on a worker that has joined, one named check a line, with its evidence.
# Status 1 when one does not hold. KHW_LAB_PATIENCE: seconds to wait, in place of each check's own. Each function prints its evidence, and is asked again until it holds or time is
# up. `set -e` does not reach into a condition: what must follow from what is joined with &&.
# The checks are called by name.
# shellcheck disable=SC2317
. "$(dirname "$0")/common.sh"

only=
if [ "$1" = --only ]; then
  only=$2
  shift 2
fi
worker=$1
number=${worker#worker-}

# The tutorial's last line: the node is there, and waits for a network.
registered() { kubectl get nodes "$worker" | grep -E "^$worker +NotReady " || cni_is_there "$@"; }
# A second run finds the network that the first one placed.
cni_is_there() { on_worker "$worker" sudo test -e /etc/cni/net.d/10-bridge.conf && kubectl get nodes "$worker" | grep -E "^$worker +Ready "; }

kubelet_healthz() { on_worker "$worker" wget -qO- http://127.0.0.1:10248/healthz | grep -x ok; }
proxy_healthz() { on_worker "$worker" wget -qO- http://127.0.0.1:10256/healthz | grep lastUpdated; }

# The tutorial's next chapter: a network for Pods. One bridge, as the guides have it.
cni() {
  tar -C "$cache/worker/cni" -cf - . | on_worker "$worker" sudo tar -C /opt/cni/bin --no-same-owner -xf - &&
    printf '{"cniVersion": "0.3.1", "name": "lab", "type": "bridge", "bridge": "cnio0", "isGateway": true, "ipMasq": true,
    "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.200.%s.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}\n' "$number" |
    on_worker "$worker" sudo tee /etc/cni/net.d/10-bridge.conf >/dev/null &&
    echo placed
}
ready() { kubectl get nodes "$worker" -o wide --no-headers | grep -E "^$worker +Ready "; }

# A Pod that serves one page, and a Service in front of it. Without a scheduler the Pod names its node.
pod() {
  kubectl apply -f - <<YAML
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod-$worker", "labels": {"app": "$worker"}},
   "spec": {"nodeName": "$worker", "terminationGracePeriodSeconds": 0, "containers": [{"name": "httpd", "image": "localhost/lab:1", "imagePullPolicy": "Never",
     "command": ["/bin/sh", "-c", "echo the Pod speaks; exec httpd -f -p 8080 -h /www"]}]}},
  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "service-$worker"},
   "spec": {"selector": {"app": "$worker"}, "ports": [{"port": 80, "targetPort": 8080}]}}]}
YAML
}
pod_runs() { kubectl get pod "pod-$worker" -o wide --no-headers | grep ' Running '; }
# The API server verifies the kubelet's serving certificate before it answers either.
logs() { kubectl logs "pod-$worker" | grep -x 'the Pod speaks'; }
exec_answers() { kubectl exec "pod-$worker" -- hostname | grep -x "pod-$worker"; }
service_answers() {
  local address
  address=$(kubectl get service "service-$worker" -o 'jsonpath={.spec.clusterIP}')
  on_worker "$worker" wget -qO- --timeout 2 --tries 1 "http://$address/" | grep -x 'a Pod answers' && echo "at $address"
}

# What 1.20.2 says on any worker: dockershim's farewell, flags that have a field by now (the tutorial's unit names them, to the
# letter), and a library that looks for a cloud. Nothing else of the kind may be there.
unavoidable='Using dockershim is deprecated|Flag --(tls-cert-file|tls-private-key-file|network-plugin|image-pull-progress-deadline) has been deprecated|getting AWS credentials'
quiet_logs() {
  local complaints
  complaints=$(on_worker "$worker" sudo journalctl --no-pager --output cat --unit kubelet --unit kube-proxy |
    grep -iE 'lenient decoding|strict decoding|unknown (field|flag)|deprecated' | grep -vE "$unavoidable") || true
  [ -z "$complaints" ] || {
    printf '%s\n' "$complaints"
    return 1
  }
  echo 'no complaint about configuration or flags'
}
verify_silent() {
  local said
  said=$(on_worker "$worker" sudo khw-install verify --node "$worker" 2>&1) || {
    echo "$said"
    return 1
  }
  [ -z "$said" ] || {
    echo "$said"
    return 1
  }
  echo 'no finding'
}

# The first process has started anew. The kernel is the host's, so its boot id says nothing.
started() { on_worker "$worker" cat /proc/1/stat | awk '{print $22}'; }
reboot() {
  local before now=
  before=$(started)
  on_worker "$worker" sudo systemctl reboot || true
  while now=$(started) || true; do
    [ -z "$now" ] || [ "$now" = "$before" ] || break
    [ "$SECONDS" -lt $((asked + ${KHW_LAB_PATIENCE:-90})) ] || return 1
    sleep 0.3
  done
  rebooted=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  echo "first process started at tick $now, before at $before"
}
# Ready, and said by the kubelet after the reboot.
back() {
  local beat
  beat=$(kubectl get node "$worker" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}')
  [[ $beat > ${rebooted-} ]] && kubelet_healthz && ready && echo "Ready, last heard at $beat"
}

failed=0
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
checked() {
  local name=$2 function=$3 limit=$((SECONDS + ${KHW_LAB_PATIENCE:-$1})) holds=FAILED
  asked=$SECONDS
  [ -z "$only" ] || [[ ",$only," == *",$name,"* ]] || return 0
  while :; do
    if $function >"$scratch" 2>&1; then
      holds=ok
      break
    fi
    [ "$SECONDS" -lt "$limit" ] || break
    sleep 0.5
  done
  [ "$holds" = ok ] || failed=1
  printf '%-6s %-9s %-16s %s\n' "$holds" "$worker" "$name" "$(tail -n 1 "$scratch" | tr -s ' ' | cut -c 1-110)"
}

checked 60 registered registered
checked 30 kubelet-healthz kubelet_healthz
checked 30 proxy-healthz proxy_healthz
checked 0 cni cni
checked 60 ready ready
checked 30 pod pod
checked 60 pod-runs pod_runs
checked 20 logs logs
checked 20 exec exec_answers
checked 30 service service_answers
checked 0 quiet-logs quiet_logs
checked 0 verify-silent verify_silent
checked 0 reboot reboot
checked 60 back back
checked 60 service-again service_answers
exit "$failed"
