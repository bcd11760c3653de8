//! The figures as Markdown, each beside what it must keep.

use std::fmt::Write as _;

/// Every figure.
pub(super) struct Table {
    head: String,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    figure: String,
    bound: String,
    keeps: bool,
}

impl Table {
    pub(super) fn new(machine: &str, quick: bool) -> Self {
        let quick = if quick { " A quick run with less mail: to see that it works." } else { "" };
        Self { head: format!("{machine}{quick}"), rows: Vec::new() }
    }

    /// A figure without a bound.
    pub(super) fn note(&mut self, what: impl Into<String>, figure: impl Into<String>) {
        self.add(what, figure, "", true);
    }

    /// A figure with its bound, and whether it keeps it.
    pub(super) fn add(
        &mut self,
        what: impl Into<String>,
        figure: impl Into<String>,
        bound: impl Into<String>,
        keeps: bool,
    ) {
        let row = Row { what: what.into(), figure: figure.into(), bound: bound.into(), keeps };
        eprintln!("    {}: {}{}", row.what, row.figure, row.mark());
        self.rows.push(row);
    }

    /// Memory in MiB beside its bound.
    pub(super) fn memory(&mut self, what: impl Into<String>, bytes: u64) {
        let bound = super::BOUND;
        let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
        self.add(what, mib(bytes), mib(bound), bytes <= bound);
    }

    /// Whether something was measured and all of it keeps its bound.
    pub(super) fn keeps(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.keeps)
    }

    pub(super) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n| what | figure | at most |\n|---|---|---|\n", self.head);
        for row in &self.rows {
            let _ = writeln!(text, "| {} | {}{} | {} |", row.what, row.figure, row.mark(), row.bound);
        }
        text
    }
}

impl Row {
    const fn mark(&self) -> &'static str {
        if self.keeps { "" } else { " (not kept)" }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn a_table_keeps_its_bounds_only_when_each_row_does() {
        let mut table = Table::new("a machine", false);
        assert!(!table.keeps(), "nothing was measured");
        table.note("time", "3 s");
        table.memory("memory", 512 << 20);
        assert!(table.keeps());
        table.memory("more memory", (512 << 20) + 1);
        assert!(!table.keeps());
        assert!(table.markdown().contains("| more memory | 512 MiB (not kept) | 512 MiB |"));
    }
}
