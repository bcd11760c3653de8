//! What the figures were measured on.

use std::{env, fs, process::Command};

/// A few lines of Markdown.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = field("/proc/cpuinfo", "model name", ':').unwrap_or_else(|| "unknown".into());
    let system = field("/etc/os-release", "PRETTY_NAME", '=').unwrap_or_else(|| "unknown".into());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = field("/proc/meminfo", "MemTotal", ':').unwrap_or_default();
    let memory = memory.trim_end_matches("kB").trim().parse::<u64>().unwrap_or_default() >> 20;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let (folder, kind) = (env::temp_dir(), file_system());
    let dovecot = version("/usr/sbin/dovecot");
    format!(
        "{cores} cores ({processor}), {memory} GiB, {system}, Linux {}; Dovecot {dovecot} as source and target on loopback, \
         all mail and all state of the programs on {kind} ({}); load {load} when it began.",
        kernel.trim(),
        folder.display(),
    )
}

fn field(file: &str, name: &str, divider: char) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(divider)?.1.trim().trim_matches('"').to_owned())
}

/// The kind of the file system that temporary files are on.
fn file_system() -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let folder = env::temp_dir();
    let fields = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let holding = fields.filter(|(place, _)| folder.starts_with(place));
    holding
        .max_by_key(|(place, _)| place.len())
        .map_or_else(|| "an unknown file system".into(), |(_, kind)| kind.into())
}

/// The first word with a dot in what `--version` prints.
pub(super) fn version(program: &str) -> String {
    let said =
        Command::new(program).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said).into_owned();
    let number = said.split_whitespace().find(|word| word.contains('.'));
    number.unwrap_or("of an unknown version").to_owned()
}
