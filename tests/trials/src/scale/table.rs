//! What each route took, as Markdown.

use std::{fmt::Write as _, time::Duration};

/// What one route took.
pub(super) struct Row {
    name: &'static str,
    path: String,
    /// In rising order.
    times: Vec<Duration>,
    bytes: usize,
}

impl Row {
    pub(super) fn new(name: &'static str, path: &str, mut times: Vec<Duration>, bytes: usize) -> Self {
        times.sort();
        Self { name, path: path.into(), times, bytes }
    }

    /// The time that this share of the answers kept, in hundredths.
    fn within(&self, percent: usize) -> Duration {
        let rank = (self.times.len() * percent).div_ceil(100).max(1);
        self.times.get(rank - 1).copied().unwrap_or_default()
    }
}

/// Every route with its times.
pub(super) struct Table {
    head: String,
    rows: Vec<Row>,
}

impl Table {
    pub(super) fn new(head: String) -> Self {
        Self { head, rows: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Whether 95 of 100 answers of every route came within the bound.
    pub(super) fn keeps(&self, bound: Duration) -> bool {
        self.rows.iter().all(|row| row.within(95) <= bound)
    }

    pub(super) fn markdown(&self, bound: Duration) -> String {
        let mut text = format!(
            "{}\n\n| list | route | median ms | p95 ms | slowest ms | kB |\n|---|---|---|---|---|---|\n",
            self.head
        );
        let millis = |time: Duration| time.as_secs_f64() * 1000.0;
        for row in &self.rows {
            let mark = if row.within(95) > bound { " (too slow)" } else { "" };
            let _ = writeln!(
                text,
                "| {} | `{}` | {:.1} | {:.1}{mark} | {:.1} | {:.1} |",
                row.name,
                row.path,
                millis(row.within(50)),
                millis(row.within(95)),
                millis(row.within(100)),
                row.bytes as f64 / 1000.0
            );
        }
        let _ = writeln!(text, "\nBound: p95 at most {} ms.", bound.as_millis());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Row, Table};

    #[test]
    fn five_of_a_hundred_may_be_slow() {
        let times = |slow: usize| {
            let time = |index| Duration::from_millis(if index < slow { 900 } else { 10 });
            (0..100).map(time).collect::<Vec<_>>()
        };
        for (slow, keeps) in [(0, true), (5, true), (6, false)] {
            let mut table = Table::new(String::new());
            table.add(Row::new("a list", "/list", times(slow), 1));
            assert_eq!(table.keeps(Duration::from_millis(300)), keeps, "{slow}");
        }
    }
}
