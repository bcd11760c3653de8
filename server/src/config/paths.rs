//! Where things are kept when nobody says so.

use std::path::{Path, PathBuf};

use super::Environment;

/// Where a Carbonio host keeps its services' settings and logs.
const CARBONIO_CONF: &str = "/opt/zextras/conf";
const CARBONIO_LOG: &str = "/opt/zextras/log";

/// The name of our folder and of our files.
const NAME: &str = "carbonio-migrate";

/// The data directory of this process's surroundings; none when there is no home folder either.
pub(crate) fn default_data_dir() -> Option<PathBuf> {
    data_dir(&std::env::vars().collect())
}

/// A folder of our own on a Carbonio host, else the one of the XDG base directory specification.
pub(super) fn data_dir(env: &Environment) -> Option<PathBuf> {
    if Path::new(CARBONIO_CONF).is_dir() {
        return Some(Path::new(CARBONIO_CONF).join(NAME));
    }
    personal(env)
}

fn personal(env: &Environment) -> Option<PathBuf> {
    let absolute = |name: &str| env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(base.join(NAME))
}

/// Beside the other logs on a Carbonio host, else in the data directory.
pub(super) fn log_file(data_dir: &Path) -> PathBuf {
    let folder = Some(Path::new(CARBONIO_LOG)).filter(|folder| folder.is_dir()).unwrap_or(data_dir);
    folder.join(NAME).with_extension("log")
}

#[cfg(test)]
mod tests {
    use super::{Environment, Path, personal};

    fn check(env: &[(&str, &str)], dir: Option<&str>) {
        let env: Environment = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        assert_eq!(personal(&env).as_deref(), dir.map(Path::new), "{env:?}");
    }

    #[test]
    fn data_lives_where_xdg_says() {
        check(&[("XDG_DATA_HOME", "/data"), ("HOME", "/home/anna")], Some("/data/carbonio-migrate"));
        check(
            &[("XDG_DATA_HOME", "data"), ("HOME", "/home/anna")],
            Some("/home/anna/.local/share/carbonio-migrate"),
        );
        check(&[], None);
    }
}
