//! How sizes read.

/// Bytes in the unit a person would choose, in steps of 1000: `812 B`, `12.4 kB`, `1.2 GB`.
pub fn size(bytes: u64) -> String {
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        // What would be printed as 1000.0 of one unit is 1.0 of the next.
        if scaled < 999.95 {
            break;
        }
        scaled /= 1000.0;
        unit = larger;
    }
    format!("{scaled:.1} {unit}")
}
