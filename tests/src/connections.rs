//! Connections to a server on this machine, counted from outside.

use std::{collections::BTreeSet, fs};

/// Connections that a server on this machine has now, as the kernel lists them. It lists them piece by piece: what opens
/// and closes meanwhile shows up beside what took its place. What stands in two lists was open between them.
pub fn connections(port: u16) -> usize {
    listed(port).intersection(&listed(port)).count()
}

/// Both ends and the inode of every established connection to the port.
fn listed(port: u16) -> BTreeSet<[String; 3]> {
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's table");
    let at = format!(":{port:04X}");
    let open = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, "01", _, _, _, _, _, inode, ..] = words[..] else { return None };
        local.ends_with(&at).then(|| [local, remote, inode].map(String::from))
    };
    table.lines().filter_map(open).collect()
}
