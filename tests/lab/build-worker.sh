#!/bin/bash
# The root file system that every worker starts from: a plain Debian 12 with systemd, sshd and two container runtimes,
# and nothing of Kubernetes. Run by `lab build`, which has busybox from build-kubernetes.sh by then.
. "$(dirname "$0")/common.sh"

found=$(grep -rhoE "https?://[^ ]+/debian/?( |$)" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n 1 | tr -d " ") || true
mirror=${KHW_LAB_MIRROR:-$found}
[ -n "$mirror" ] || fail "no Debian archive in /etc/apt" "name one in KHW_LAB_MIRROR"

new=$cache/worker.new
rm -rf "$new"
mkdir -p "$new"
root=$new/root
say "making the workers' root file system"
debootstrap --variant=minbase --include=systemd,systemd-sysv,systemd-resolved,dbus,kmod,procps,iproute2,iptables,conntrack,hostname,sudo,openssh-server,wget,containerd,runc,docker.io \
  bookworm "$root" "$mirror" >"$cache/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -n 1 "$cache/debootstrap.log")" "see $cache/debootstrap.log"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
: >"$root/etc/machine-id"

# The tutorial's login user, who may use sudo without a password.
chroot "$root" useradd --create-home --shell /bin/bash "$login"
printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$login" >"$root/etc/sudoers.d/$login"
chmod 440 "$root/etc/sudoers.d/$login"
printf 'PerSourceMaxStartups none\nMaxStartups 100\nUseDNS no\n' >"$root/etc/ssh/sshd_config.d/lab.conf"

# containerd as a Kubernetes worker needs it: its CRI plugin on, systemd's cgroups, a sandbox image that is there.
mkdir -p "$root/etc/containerd"
cat >"$root/etc/containerd/config.toml" <<'TOML'
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/lab:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = true
TOML
# docker as the tutorial finds it, but for its own network: Pods get theirs from CNI.
mkdir -p "$root/etc/docker"
printf '{"iptables": false, "bridge": "none", "default-runtime": "lab", "runtimes": {"lab": {"path": "/usr/local/sbin/lab-runc"}}}\n' \
  >"$root/etc/docker/daemon.json"
# The host gives no CAP_SYS_RESOURCE away, so no container may lower its oom_score_adj. docker cannot be told so as
# containerd is (restrict_oom_score_adj).
cat >"$root/usr/local/sbin/lab-runc" <<'SHELL'
#!/bin/bash
for argument; do
  if [ "${before-}" = --bundle ] && [ -w "$argument/config.json" ]; then
    sed -i 's/"oomScoreAdj":-[0-9]*/"oomScoreAdj":0/' "$argument/config.json"
  fi
  before=$argument
done
exec runc "$@"
SHELL
chmod 755 "$root/usr/local/sbin/lab-runc"

# What a container lacks that a machine has: a kernel log, and a connection-tracking limit that can be read and written
# (kube-proxy sets it; it belongs to the host's first network namespace).
# Not the console, though that is often advised: the kubelet would take it as its controlling terminal, and a login
# prompt there ends the kubelet with SIGHUP, which Restart=on-failure does not count as a failure.
printf 'L /dev/kmsg - - - - /dev/null\n' >"$root/etc/tmpfiles.d/lab.conf"
# A name server, which nobody asks: without one there is none to give to Pods.
mkdir -p "$root/etc/systemd/resolved.conf.d"
printf '[Resolve]\nDNS=192.168.5.1\n' >"$root/etc/systemd/resolved.conf.d/lab.conf"
# A Pod whose first process ignores SIGTERM would hold a reboot up for 90 seconds.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStopSec=5s\n' >"$root/etc/systemd/system.conf.d/lab.conf"
cat >"$root/etc/systemd/system/lab.service" <<'UNIT'
[Unit]
Description=What this container lacks that a machine has
Before=sshd.service ssh.service
After=containerd.service docker.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'cat /proc/sys/net/netfilter/nf_conntrack_max >/run/lab-nf_conntrack_max'
ExecStart=/bin/mount --bind /run/lab-nf_conntrack_max /proc/sys/net/netfilter/nf_conntrack_max
ExecStart=/usr/bin/ctr --namespace k8s.io images import /usr/local/lib/lab-image.tar
ExecStart=/usr/bin/docker load --input /usr/local/lib/lab-image.tar
ExecStart=/usr/bin/docker tag localhost/lab:1 k8s.gcr.io/pause:3.2
[Install]
WantedBy=multi-user.target
UNIT
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -s ../lab.service "$root/etc/systemd/system/multi-user.target.wants/lab.service"
# Each worker has one address, from outside; nothing in it may wait for more.
for unit in systemd-networkd.service systemd-networkd-wait-online.service systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer console-getty.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# One image, which is both what a sandbox runs and what the Pods run: a static busybox.
image=$new/image
mkdir -p "$image/layer/bin" "$image/layer/www" "$image/layer/tmp"
cp "$cache/kubernetes/busybox" "$image/layer/bin/busybox"
for applet in sh cat sleep httpd wget hostname; do ln -s busybox "$image/layer/bin/$applet"; done
printf 'a Pod answers\n' >"$image/layer/www/index.html"
tar -C "$image/layer" --owner 0 --group 0 --sort name --mtime @0 -cf "$image/layer.tar" .
layer=$(sha256sum <"$image/layer.tar" | cut -d ' ' -f 1)
cat >"$image/config.json" <<JSON
{"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/bin/sleep", "1000000000"], "Env": ["PATH=/bin"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]}}
JSON
printf '[{"Config": "config.json", "RepoTags": ["localhost/lab:1"], "Layers": ["layer.tar"]}]\n' >"$image/manifest.json"
tar -C "$image" --owner 0 --group 0 -cf "$root/usr/local/lib/lab-image.tar" manifest.json config.json layer.tar
rm -rf "$image"

# CNI programs for /opt/cni/bin, where the tutorial's later chapter puts them.
private=$cache/apt
mkdir -p "$new/cni" "$new/debs"
(cd "$new/debs" && apt-get -qq -o Dir::Etc::SourceList="$private/sources.list" -o Dir::Etc::SourceParts="$private/empty" -o Dir::State::Lists="$private/lists" \
  -o Dir::State::status="$private/status" -o Dir::Cache="$private" -o APT::Sandbox::User=root download containernetworking-plugins)
dpkg-deb -x "$new"/debs/containernetworking-plugins_*.deb "$new/debs/root"
cp "$new"/debs/root/usr/lib/cni/{bridge,host-local,loopback,portmap} "$new/cni/"
rm -rf "$new/debs"

(cd "$new" && sha256sum cni/* root/usr/local/lib/lab-image.tar root/var/lib/dpkg/status root/usr/{bin/containerd,sbin/dockerd,sbin/runc,sbin/sshd} >SHA256SUMS)

rm -rf "$cache/worker"
mv "$new" "$cache/worker"
