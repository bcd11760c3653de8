//! Writes the seeds and the dictionary of each target into a folder: `seeds FOLDER`.

use std::{env, fmt::Write as _, fs, io, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let Some(folder) = env::args_os().nth(1) else {
        eprintln!("Name the folder for the seeds.");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Writing the seeds failed: {error}.");
            ExitCode::FAILURE
        }
    }
}

/// The targets' names go to standard output, one a line.
fn write(folder: &Path) -> io::Result<()> {
    for target in fuzz::TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            fs::write(own.join(format!("seed-{number}")), seed)?;
        }
        fs::write(folder.join(format!("{}.dict", target.name)), dictionary(target.words))?;
        println!("{}", target.name);
    }
    Ok(())
}

/// Words in libFuzzer's form: a string with hexadecimal escapes a line.
fn dictionary(words: &[&str]) -> String {
    let mut text = String::new();
    for word in words {
        text.push('"');
        for byte in word.bytes() {
            match byte {
                b'"' | b'\\' => _ = write!(text, "\\{}", char::from(byte)),
                b' '..=b'~' => text.push(char::from(byte)),
                _ => _ = write!(text, "\\x{byte:02X}"),
            }
        }
        text.push_str("\"\n");
    }
    text
}
