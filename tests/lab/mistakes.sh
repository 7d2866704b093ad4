#!/bin/bash
# mistakes.sh WORKER [NAME…]: what people do wrong, put into a live worker (joined with containerd: short, loop, make), one mistake
# at a time. `khw-install verify` or `preflight` must name each before the start, and `khw-install start` the cause after it;
# where the kubelet starts all the same, start must say that it runs, and what it passed over. Between two mistakes the worker is as it was, and is
# accused of nothing. Status 1 when one was not named.
. "$(dirname "$0")/common.sh"

worker=$1
shift
khw=$(khw_bin)
only=" $* "
files=$state/mistakes
rm -rf "$files"
mkdir -p "$files"
failed=0
named=0

# The breaking and mending are words for eval, run when it is their turn.
# shellcheck disable=SC2016,SC2317
there() { on_worker "$worker" sudo bash -c "$(printf '%q' "set -e; cd /root; $1")"; }
# put FILE PATH: a file of master-1, at a path of the worker.
put() { on_worker "$worker" sudo tee "$2" <"$1" >/dev/null; }

good='/var/lib/kubelet/kubeconfig /var/lib/kubelet/kubelet-config.yaml /var/lib/kubelet/*.crt /var/lib/kubelet/*.key
  /var/lib/kubernetes/ca.crt /var/lib/kube-proxy/* /etc/systemd/system/kube*.service /etc/containerd/config.toml'
save() { there "tar -cPf good.tar ${good//$'\n'/ }; systemctl stop kubelet kube-proxy"; }
restore() { there 'tar -xPf good.tar; systemctl daemon-reload; systemctl stop kubelet kube-proxy; systemctl reset-failed'; }

# mistake NAME TOOL FINDING CAUSE BREAK [MEND]
#   TOOL     verify, preflight, or online for preflight --online
#   FINDING  what it must find
#   CAUSE    what start must name; - where the kubelet starts all the same, +NAME where start then warns
mistake() {
  local name=$1 tool=$2 finding=$3 cause=$4 command said status=0 before=MISSED after=MISSED
  [ "$only" = '  ' ] || [[ $only == *" $name "* ]] || return 0
  eval "$5" >"$state/log/mistakes" 2>&1 || fail "$name: could not be made" "see $state/log/mistakes"
  case $tool in
    online) command='khw-install preflight --online --timeout 5s' ;;
    *) command="khw-install $tool" ;;
  esac
  said=$(there "$command --node $worker" 2>&1) || true
  if [[ $said == *"[$finding]"* ]]; then before=$tool; else printf '%s\n' "$said" | sed 's/^/       /'; fi
  said=$(there 'khw-install start --timeout 15s' 2>&1) || status=$?
  if [ "$cause" = - ] && [ "$status" = 0 ]; then
    after='it runs'
  elif [[ $cause == +* ]] && [ "$status" = 0 ] && [[ $said == *"[${cause#+}]"* ]]; then
    after='it warns'
  elif [ "$status" != 0 ] && [[ $said == *"[$cause]"* ]]; then
    after="start"
  else
    printf '%s\n' "$said" | sed 's/^/       /'
  fi
  if [ "$before" = MISSED ] || [ "$after" = MISSED ]; then failed=1; else named=$((named + 1)); fi
  printf '%-18s %-9s %-28s %-8s %s\n' "$name" "$before" "$finding" "$after" "$cause"
  eval "${6-}" >"$state/log/mistakes" 2>&1 || fail "$name: could not be mended" "see $state/log/mistakes"
  restore
}

# dated NAME CN O START END: a client certificate of this cluster's CA for the node's own key, with dates of its own, which
# no tool of khw's makes.
dated() {
  local at=$files/$1
  mkdir -p "$at"
  : >"$at/index.txt"
  printf '[ca]\ndefault_ca = here\n[here]\ndatabase = %s/index.txt\nnew_certs_dir = %s\nrand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\n[any]\ncommonName = supplied\norganizationName = optional\n' \
    "$at" "$at" >"$at/ca.cnf"
  printf 'extendedKeyUsage = clientAuth\n' >"$at/ext.cnf"
  there "cat /var/lib/kubelet/$worker.key" >"$at/key"
  chmod 600 "$at/key"
  openssl req -new -key "$at/key" -subj "/CN=$2${3:+/O=$3}" -out "$at/csr" -config /dev/null 2>/dev/null ||
    openssl req -new -key "$at/key" -subj "/CN=$2${3:+/O=$3}" -out "$at/csr"
  openssl ca -batch -notext -config "$at/ca.cnf" -extfile "$at/ext.cnf" -cert "$state/master/ca.crt" -keyfile "$state/master/ca.key" \
    -startdate "$4" -enddate "$5" -in "$at/csr" -out "$at/crt"
  rm "$at/key"
  put "$at/crt" /root/dated.crt
  there "khw-kubeconfig set-credentials system:node:$worker --client-certificate=dated.crt --embed-certs --no-verify --kubeconfig=/var/lib/kubelet/kubeconfig"
}
at() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
server() { there "khw-kubeconfig set-cluster kubernetes-the-hard-way --server='$1' --no-verify --kubeconfig=/var/lib/kubelet/kubeconfig"; }
kubelet_config() { there "sed -i '$1' /var/lib/kubelet/kubelet-config.yaml"; }
kubelet_unit() { there "sed -i '$1' /etc/systemd/system/kubelet.service"; }

(cd "$files" && "$khw/khw-cert" ca -d . && "$khw/khw-cert" node "$worker" 10.0.0.1 -d .) 2>/dev/null
save

mistake other-ca verify ca-differs unknown-authority \
  'put "$files/ca.crt" /root/other.crt; there "khw-kubeconfig set-cluster kubernetes-the-hard-way --certificate-authority=other.crt --embed-certs --kubeconfig=/var/lib/kubelet/kubeconfig"'
mistake expired verify certificate-expired certificate-expired \
  'dated expired "system:node:$worker" system:nodes "$(at "-9 days")" "$(at "-1 day")"'
mistake clock preflight certificate-not-yet-valid certificate-not-yet-valid \
  'dated clock "system:node:$worker" system:nodes "$(at "+2 days")" "$(at "+9 days")"'
mistake other-key verify key-mismatch key-mismatch 'put "$files/$worker.key" "/var/lib/kubelet/$worker.key"'
mistake swapped verify kubeconfig-swapped not-authorized \
  'there "cp /var/lib/kube-proxy/kubeconfig x; cp /var/lib/kubelet/kubeconfig /var/lib/kube-proxy/kubeconfig; cp x /var/lib/kubelet/kubeconfig"'
mistake upper-case verify kubeconfig-user other-node \
  'dated upper "system:node:${worker^}" system:nodes "$(at "-1 day")" "$(at "+9 days")"'
mistake no-group verify certificate-organization not-authorized \
  'dated group "system:node:$worker" "" "$(at "-1 day")" "$(at "+9 days")"'
mistake misspelt-field verify unknown-field +field-ignored 'kubelet_config s/^resolvConf/resolverConf/'
mistake removed-flag verify removed-flag unknown-flag \
  'kubelet_unit "s|^ExecStart=/usr/local/bin/kubelet|& --allow-privileged=true|"'
mistake wrong-type verify wrong-type wrong-type 'there "echo maxPods: many >>/var/lib/kubelet/kubelet-config.yaml"'
mistake unknown-gate verify unknown-gate unknown-gate \
  'there "echo featureGates: {RotateKubeletServerCertificat: true} >>/var/lib/kubelet/kubelet-config.yaml"'
mistake lost-backslash verify lost-backslash kubeconfig-unset 'there "sed -i /^ExecStart/s/..\$// /etc/systemd/system/kubelet.service"'
mistake runtime-elsewhere preflight runtime-socket-missing runtime-socket-missing \
  'there "printf \"[grpc]\\naddress = \\\"/run/elsewhere.sock\\\"\\n\" >>/etc/containerd/config.toml; systemctl restart containerd; rm -f /run/containerd/containerd.sock"' \
  'there "tar -xPf good.tar; systemctl restart containerd"'
mistake runtime-masked verify unit-masked unit-masked \
  'there "systemctl mask --now --quiet containerd"' 'there "systemctl unmask --quiet containerd; systemctl start containerd"'
mistake cri-disabled preflight containerd-cri-disabled runtime-no-cri-v1 \
  'there "echo disabled_plugins = [\\\"cri\\\"] >/etc/containerd/config.toml; systemctl restart containerd"' \
  'there "tar -xPf good.tar; systemctl restart containerd"'
mistake cgroup-driver verify cgroup-driver-differs - 'kubelet_config "s/^cgroupDriver: .*/cgroupDriver: cgroupfs/"'
mistake resolv-conf verify path-missing - 'kubelet_config "s|^resolvConf: .*|resolvConf: /run/none/resolv.conf|"'
mistake server-port verify server-differs server-refused 'server https://192.168.5.30:6444'
mistake server-name online server-not-resolved server-not-resolved 'server https://master-9:6443'
mistake server-wrong-name online server-wrong-name server-wrong-name 'server https://192.168.5.1:6443'
mistake server-away verify server-differs server-not-reached 'server https://192.168.5.99:6443'
mistake server-empty verify kubeconfig-server server-empty \
  'there "sed -i \"s|server: https.*|server: \\\"\\\"|\" /var/lib/kubelet/kubeconfig"'
mistake masked verify unit-masked unit-masked 'there "ln -sf /dev/null /etc/systemd/system/kubelet.service"' \
  'there "rm /etc/systemd/system/kubelet.service"'
mistake drop-in verify drop-in-overrides binary-missing \
  'there "mkdir /etc/systemd/system/kubelet.service.d; printf \"[Service]\\nExecStart=\\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml\\n\" >/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"' \
  'there "rm -r /etc/systemd/system/kubelet.service.d"'
mistake no-program verify binary-missing binary-missing 'there "mv /usr/local/bin/kubelet /root/"' 'there "mv /root/kubelet /usr/local/bin/"'
mistake no-configuration verify path-missing config-missing 'there "rm /var/lib/kubelet/kubelet-config.yaml"'
mistake no-ca verify path-missing client-ca-missing 'there "rm /var/lib/kubernetes/ca.crt"'
mistake port-taken preflight port-in-use port-in-use \
  'there "systemd-run --quiet --unit lab-port systemd-socket-activate --listen 10250 cat; while ! ss -ltn | grep -q :10250; do sleep 0.1; done"' \
  'there "systemctl stop lab-port"'
mistake read-only preflight read-only-file-system read-only-file-system \
  'there "mount --bind /var/lib/kubelet /var/lib/kubelet; mount -o remount,bind,ro /var/lib/kubelet"' 'there "umount /var/lib/kubelet"'
mistake proxy-kind verify wrong-kind wrong-kind \
  'there "sed -i s/KubeProxyConfiguration/KubeletConfiguration/ /var/lib/kube-proxy/kube-proxy-config.yaml"'

# A good worker is accused of nothing, and comes up.
for command in verify 'preflight --online'; do
  said=$(there "khw-install $command --node $worker" 2>&1) && [ -z "$said" ] || {
    printf 'ACCUSED: khw-install %s\n%s\n' "$command" "$said"
    failed=1
  }
done
there 'khw-install start --timeout 60s' >"$state/log/mistakes" 2>&1 || fail "the mended worker does not start" "see $state/log/mistakes"
printf '%s mistakes named before the start and after it\n' "$named"
exit "$failed"
