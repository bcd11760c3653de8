//! The files that the server embeds.

use std::{collections::BTreeMap, fs, io, path::Path};

use sha2::{Digest, Sha256};

use super::{
    bindgen::Bound,
    compress::{self, Effort},
    page::{self, Addresses},
};

/// The page; it is written last.
pub(crate) const INDEX: &str = "index.html";

/// Every file by its path.
#[derive(Debug)]
pub(crate) struct Bundle {
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// Names each file by its content, so that browsers may keep it for ever; only the page has a fixed name.
    pub(crate) fn new(bound: Bound, style: &str, template: &str, effort: Effort) -> Result<Self, String> {
        let wasm = name("wasm", &bound.wasm);
        let css = name("css", style.as_bytes());
        let script = start(&bound.js, &wasm);
        let js = name("js", script.as_bytes());
        let [css_address, js_address, wasm_address] =
            [&css, &js, &wasm].map(|name| format!("/assets/{name}"));
        let addresses = Addresses { css: &css_address, js: &js_address, wasm: &wasm_address };
        let page = page::fill(template, addresses)?;
        let mut files = BTreeMap::new();
        for (path, content) in [
            (format!("assets/{wasm}"), bound.wasm),
            (format!("assets/{css}"), style.as_bytes().to_vec()),
            (format!("assets/{js}"), script.into_bytes()),
            (INDEX.to_owned(), page.into_bytes()),
        ] {
            let failed = |error: io::Error| format!("{path} could not be compressed: {error}");
            files.insert(format!("{path}.br"), compress::brotli(&content, effort).map_err(failed)?);
            files.insert(format!("{path}.gz"), compress::gzip(&content).map_err(failed)?);
            files.insert(path, content);
        }
        Ok(Self { files })
    }

    /// Writes all files.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder.join("assets"))?;
        let (page, assets): (Vec<_>, Vec<_>) = self.files.iter().partition(|(path, _)| *path == INDEX);
        assets.into_iter().chain(page).try_for_each(|(path, content)| fs::write(folder.join(path), content))
    }
}

/// A file name that changes with the content.
fn name(extension: &str, content: &[u8]) -> String {
    format!("panel-{}.{extension}", hex::encode(&Sha256::digest(content)[..8]))
}

/// The script with the call that starts the panel. In the file and not in the page, because the page's security policy
/// allows no script in it.
fn start(js: &str, wasm: &str) -> String {
    format!("{js}\nawait __wbg_init({{ module_or_path: new URL(\"{wasm}\", import.meta.url) }});\n")
}

/// Makes a folder hold the same files as another and touches nothing that is already the same: what embeds the folder
/// is compiled again only when something differs.
pub(crate) fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    let wanted = list(from)?;
    for (path, content) in &wanted {
        let file = to.join(path);
        if fs::read(&file).ok().as_ref() != Some(content) {
            fs::create_dir_all(file.parent().unwrap_or(to))?;
            fs::write(file, content)?;
        }
    }
    for path in list(to)?.keys() {
        if !wanted.contains_key(path) {
            fs::remove_file(to.join(path))?;
        }
    }
    Ok(())
}

/// The files of a folder and of those in it.
fn list(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() {
            files.extend(
                list(&entry.path())?.into_iter().map(|(path, content)| (format!("{name}/{path}"), content)),
            );
        } else {
            files.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::SystemTime};

    use super::{Bound, Bundle, Effort, list, mirror};

    fn bundle(wasm: &[u8], style: &str) -> Bundle {
        let bound =
            Bound { wasm: wasm.to_vec(), js: String::from("export default function __wbg_init() {}") };
        Bundle::new(bound, style, "{{css}} {{js}}", Effort::Quick).expect("bundle")
    }

    fn find<'a>(bundle: &'a Bundle, end: &str) -> (&'a str, &'a [u8]) {
        let found = bundle.files.iter().find(|(path, _)| path.ends_with(end)).expect(end);
        (found.0, found.1)
    }

    #[test]
    fn every_file_has_both_compressed_siblings() {
        let bundle = bundle(b"wasm", "a{}");
        let plain: Vec<_> =
            bundle.files.keys().filter(|path| !path.ends_with("br") && !path.ends_with("gz")).collect();
        assert_eq!(plain.len(), 4);
        assert_eq!(bundle.files.len(), 12);
        for path in plain {
            assert!(bundle.files.contains_key(&format!("{path}.br")), "{path}");
            assert!(bundle.files.contains_key(&format!("{path}.gz")), "{path}");
        }
    }

    #[test]
    fn the_page_names_the_files_and_the_script_names_the_program() {
        let bundle = bundle(b"wasm", "a{}");
        let page = String::from_utf8_lossy(find(&bundle, "index.html").1);
        for end in [".css", ".js"] {
            assert!(page.contains(&format!("/{}", find(&bundle, end).0)), "{page}");
        }
        let script = String::from_utf8_lossy(find(&bundle, ".js").1);
        let wasm = find(&bundle, ".wasm").0.trim_start_matches("assets/");
        assert!(script.contains(&format!("new URL(\"{wasm}\"")), "{script}");
    }

    #[test]
    fn another_content_gets_another_name_all_the_way_up() {
        let (before, after) = (bundle(b"wasm", "a{}"), bundle(b"other", "a{}"));
        assert_ne!(find(&before, ".wasm").0, find(&after, ".wasm").0);
        assert_ne!(find(&before, ".js").0, find(&after, ".js").0);
        assert_ne!(find(&before, "index.html").1, find(&after, "index.html").1);
        assert_eq!(find(&before, ".css").0, find(&after, ".css").0);
    }

    fn changed(path: &Path) -> SystemTime {
        fs::metadata(path).and_then(|data| data.modified()).expect("time")
    }

    #[test]
    fn a_mirror_is_exact_and_touches_only_what_differs() {
        let folder = tempfile::tempdir().expect("folder");
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        bundle(b"wasm", "a{}").write(&from).expect("write");
        mirror(&from, &to).expect("mirror");
        assert_eq!(list(&from).expect("list"), list(&to).expect("list"));

        let same = to.join(find(&bundle(b"wasm", "a{}"), ".wasm").0);
        let long_ago = SystemTime::UNIX_EPOCH;
        fs::File::open(&same).and_then(|file| file.set_modified(long_ago)).expect("time");
        fs::remove_dir_all(&from).expect("remove");
        bundle(b"wasm", "b{}").write(&from).expect("write");
        mirror(&from, &to).expect("mirror");
        assert_eq!(list(&from).expect("list"), list(&to).expect("list"));
        assert_eq!(changed(&same), long_ago, "a file that is the same was written again");
    }
}
