//! A worker of Kubernetes 1.32 with containerd, staged below `root`, in which nothing is wrong; and what to put into it that is.

use harness::Sandbox;

/// Shell words for the tests that change a worker: where things are, and how to add a flag or a field.
pub const WORDS: &str = r#"
    K=root/var/lib/kubelet; P=root/var/lib/kube-proxy; U=root/etc/systemd/system; B=root/usr/local/bin
    KC=$K/kubelet-config.yaml; PC=$P/kube-proxy-config.yaml; CT=root/etc/containerd/config.toml
    flag() { sed -i "s|^  --v=2|  --v=2 \\\\\n  $1|" $U/kubelet.service; }
    proxy_flag() { sed -i "s|^\(  --config=.*\)|\1 \\\\\n  $1|" $U/kube-proxy.service; }
    field() { echo "$1" >> $KC; }
    new() { khw-kubeconfig new --server $1 --certificate-authority $2 --client-certificate $3.crt --client-key $3.key; }
"#;

/// The files, made and placed.
const MAKE: &str = r#"
    khw-cert ca --key-type ecdsa:p256
    khw-cert node worker-1 192.168.5.21 --key-type ecdsa:p256
    khw-cert client kube-proxy --key-type ecdsa:p256
    new https://192.168.5.30:6443 ca.crt worker-1 > worker-1.kubeconfig
    new https://192.168.5.30:6443 ca.crt kube-proxy > kube-proxy.kubeconfig
    khw-kubelet-conf --kubernetes-version 1.32 --node worker-1 --resolv-conf /etc/resolv.conf --cgroup-driver systemd \
        > kubelet-config.yaml
    khw-proxy-conf --kubernetes-version 1.32 --cluster-cidr 10.244.0.0/16 > kube-proxy-config.yaml
    khw-unit kubelet --node worker-1 --kubernetes-version 1.32 --node-ip 192.168.5.21 > kubelet.service
    khw-unit kube-proxy --kubernetes-version 1.32 > kube-proxy.service
    mkdir -p root/etc root/usr/lib/systemd/system root/etc/containerd $B
    khw-install node --node worker-1 --from . --root root
    echo worker-1 > root/etc/hostname
    echo 'nameserver 192.168.5.1' > root/etc/resolv.conf
    touch root/usr/lib/systemd/system/{multi-user.target,containerd.service}
    cp program-v1.32.4 $B/kubelet; cp program-v1.32.4 $B/kube-proxy; chmod 755 $B/*
    cat > $CT <<EOF
version = 2
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
EOF
"#;

/// A good worker.
pub fn good() -> Sandbox {
    let sandbox = Sandbox::new();
    for version in ["v1.20.2", "v1.25.3", "v1.32.4"] {
        sandbox.write(format!("program-{version}"), program(version, 62));
    }
    sandbox.write("program-arm64", program("v1.32.4", 183));
    sandbox.write("program-dynamic", dynamic_program("v1.32.4", 62, "/lib64/ld-linux-x86-64.so.2"));
    sandbox.sh(&format!("{WORDS}{MAKE}")).succeeds();
    sandbox
}

/// A copy of a sandbox in which something may be broken.
pub fn copy(of: &Sandbox) -> Sandbox {
    let sandbox = Sandbox::new();
    of.sh(&format!("cp -a . {}", sandbox.path(".").display())).ok();
    sandbox
}

/// The smallest program with a Kubernetes version in it, as Go's linker puts it there: a header, a read-only segment with the
/// text, a writable one with a pair of address and length. `machine` is ELF's number: 62 is x86-64, 183 is arm64.
pub fn program(version: &str, machine: u16) -> Vec<u8> {
    elf(version, machine, None)
}

/// The same with a loader that it needs (PT_INTERP).
pub fn dynamic_program(version: &str, machine: u16, loader: &str) -> Vec<u8> {
    elf(version, machine, Some(loader))
}

fn elf(version: &str, machine: u16, loader: Option<&str>) -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const LOAD: u32 = 1;
    const INTERP: u32 = 3;
    let (text_at, loader_at, pair_at) = (0x200_u64, 0x280_u64, 0x300_u64);
    let loader_size = loader.map(|loader| loader.len() as u64 + 1);
    let mut segments = vec![(LOAD, 5_u32, 0_u64, pair_at), (LOAD, 6, pair_at, 16)];
    segments.extend(loader_size.map(|size| (INTERP, 4, loader_at, size)));
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    elf.extend(2_u16.to_le_bytes());
    elf.extend(machine.to_le_bytes());
    elf.extend(1_u32.to_le_bytes());
    elf.extend((BASE + 0x180).to_le_bytes());
    elf.extend(64_u64.to_le_bytes());
    elf.extend(0_u64.to_le_bytes());
    elf.extend(0_u32.to_le_bytes());
    for half in [64_u16, 56, u16::try_from(segments.len()).unwrap(), 64, 0, 0] {
        elf.extend(half.to_le_bytes());
    }
    for (kind, flags, offset, size) in segments {
        elf.extend(kind.to_le_bytes());
        elf.extend(flags.to_le_bytes());
        for word in [offset, BASE + offset, BASE + offset, size, size, 0x1000] {
            elf.extend(word.to_le_bytes());
        }
    }
    elf.resize(usize::try_from(text_at).unwrap(), 0);
    elf.extend(version.as_bytes());
    elf.resize(usize::try_from(loader_at).unwrap(), 0);
    elf.extend(loader.unwrap_or_default().as_bytes());
    elf.resize(usize::try_from(pair_at).unwrap(), 0);
    elf.extend((BASE + text_at).to_le_bytes());
    elf.extend((version.len() as u64).to_le_bytes());
    elf
}
