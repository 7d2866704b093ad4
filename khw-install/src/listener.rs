//! Who listens on a TCP port of this host, from /proc (proc(5)): a port in use is only worth a word when it is not in use
//! by the very program that shall have it.

use std::fs;
use std::path::Path;

/// The program that listens on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its process.
    pub pid: u32,
    /// The name of the program, as /proc/PID/comm has it (15 bytes at most).
    pub program: String,
}

/// Looks for it. `None` when nobody listens, or when it cannot be seen: only root sees what others have open.
pub fn of(port: u16) -> Option<Listener> {
    let inodes: Vec<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .collect();
    if inodes.is_empty() {
        return None;
    }
    let sockets: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    for process in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        if holds(&process.path(), &sockets) {
            let program = fs::read_to_string(process.path().join("comm")).ok()?.trim_end().to_owned();
            return Some(Listener { pid, program });
        }
    }
    None
}

/// The inodes of the sockets that listen (state 0A) on a port, from the text of /proc/net/tcp.
fn listening(table: &str, port: u16) -> Vec<u64> {
    let wanted = format!(":{port:04X}");
    let inode = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let listens = words.get(1)?.ends_with(&wanted) && *words.get(3)? == "0A";
        words.get(9).filter(|_| listens)?.parse().ok()
    };
    table.lines().skip(1).filter_map(inode).collect()
}

fn holds(process: &Path, sockets: &[String]) -> bool {
    let Ok(open) = fs::read_dir(process.join("fd")) else { return false };
    open.flatten().any(|fd| {
        fs::read_link(fd.path()).is_ok_and(|to| sockets.iter().any(|socket| to.as_os_str() == socket.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::{listening, of};

    /// Two lines as Linux 6.18 prints them: a listener on 10250 and a connection from it.
    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
        0: 00000000:280A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 683748 1 0 100 0 0 10 0\n   \
        1: 0100007F:280A 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 683749 1 0 20 4 0 10 -1\n";

    #[test]
    fn only_a_listener_counts() {
        assert_eq!(listening(TABLE, 10250), [683_748]);
        assert_eq!(listening(TABLE, 10248), [0_u64; 0]);
    }

    #[test]
    fn a_listener_of_this_process_is_found() -> std::io::Result<()> {
        let socket = std::net::TcpListener::bind("127.0.0.1:0")?;
        let found = of(socket.local_addr()?.port());
        assert_eq!(found.map(|listener| listener.pid), Some(std::process::id()));
        Ok(())
    }
}
