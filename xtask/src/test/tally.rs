//! How many tests passed and failed, over all of cargo's test programs.

use std::{
    fmt,
    io::{self, Read, Write},
    ops::AddAssign,
};

/// The sum of the closing lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Left out by whoever wrote the test; those that a filter left out are not counted.
    pub(crate) skipped: u64,
}

impl Tally {
    /// Counts in what passes from a reader to a writer, which gets every byte at once and unchanged.
    pub(crate) fn of(mut from: impl Read, mut to: impl Write) -> io::Result<Self> {
        let (mut tally, mut line, mut chunk) = (Self::default(), Vec::new(), [0; 8192]);
        loop {
            let length = from.read(&mut chunk)?;
            if length == 0 {
                tally.count(&String::from_utf8_lossy(&line));
                return Ok(tally);
            }
            to.write_all(&chunk[..length])?;
            to.flush()?;
            for &byte in &chunk[..length] {
                if byte == b'\n' {
                    tally.count(&String::from_utf8_lossy(&line));
                    line.clear();
                } else {
                    line.push(byte);
                }
            }
        }
    }

    /// Takes a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out`.
    fn count(&mut self, line: &str) {
        let Some(numbers) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for part in numbers.1.split(';') {
            let Some((number, word)) = part.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    fn check(output: &str, expected: &str) {
        let mut seen = Vec::new();
        let tally = Tally::of(output.as_bytes(), &mut seen).expect("memory can be read and written");
        assert_eq!(tally.to_string(), expected, "{output}");
        assert_eq!(seen, output.as_bytes());
    }

    #[test]
    fn the_closing_lines_of_all_programs_are_added_up() {
        check("", "0 passed, 0 failed");
        check(
            "running 2 tests\ntest a ... ok\ntest b ... ok\n\n\
             test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 5 filtered out; finished in 0.00s\n\n\
             test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s\n",
            "5 passed, 4 failed",
        );
        check(
            "test result: ok. 1 passed; 0 failed; 6 ignored; 0 measured; 0 filtered out",
            "1 passed, 0 failed, 6 skipped",
        );
        check(
            "test result: \u{1b}[32mok\u{1b}[0m. 7 passed; 0 failed; 0 ignored; 0 measured\n",
            "7 passed, 0 failed",
        );
    }

    #[test]
    fn what_tests_print_is_no_closing_line() {
        check(
            "10 passed; 2 failed\n  test result: ok. 9 passed; 0 failed\ntest result: none\n",
            "0 passed, 0 failed",
        );
    }
}
