//! What a running process takes, as the kernel tells.

use std::fs;

/// The most memory it had at one time (VmHWM), in bytes; none when it is gone.
pub(super) fn memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// Bytes in the files that it has open, those without a name included: mail that is put down would be in one.
pub(super) fn files(process: u32) -> u64 {
    let open = fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let sizes = open.filter_map(|entry| fs::metadata(entry.path()).ok()).filter(fs::Metadata::is_file);
    sizes.map(|file| file.len()).sum()
}
