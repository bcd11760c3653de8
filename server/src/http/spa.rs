//! The panel: built in, or served from a folder. Every address that is no file is a page of it.

use std::path::{Path, PathBuf};

use actix_files::{Files, NamedFile};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::{self, ServiceConfig},
};
use rust_embed::RustEmbed;

/// The built panel: `index.html` and `assets/<name>-<hash>.<ending>`, each perhaps with `.br` and `.gz` beside it.
#[derive(RustEmbed)]
#[folder = "web"]
struct Panel;

/// Names in this folder carry a hash of their content: what was loaded once never changes.
const HASHED: &str = "assets/";

/// Told when the panel was not built.
const NOT_BUILT: &str = "carbonio-migrate runs, but its panel was not built into it.\n\
                         Build and start both with: cargo xtask run\n";

/// Encodings that may stand beside a file, best first: the token of the header and the file's ending.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Puts the panel in place: everything the API does not answer.
pub(super) fn configure(config: &mut ServiceConfig, web_root: Option<&Path>) {
    let Some(root) = web_root else {
        config.default_service(web::to(built_in::<Panel>));
        return;
    };
    let index = root.join("index.html");
    let fallback = move |request: HttpRequest| from_folder(request, index.clone());
    config.service(
        Files::new("/", root.to_owned())
            .index_file("index.html")
            .try_compressed()
            .disable_content_disposition()
            .default_handler(web::to(fallback)),
    );
}

/// A page of the panel whose folder has no file of that name.
async fn from_folder(request: HttpRequest, index: PathBuf) -> HttpResponse {
    if !is_page(&request) {
        return missing();
    }
    match NamedFile::open(index) {
        Ok(file) => file.disable_content_disposition().into_response(&request),
        Err(_) => not_built(),
    }
}

/// A file of a built-in panel, or a page of it.
async fn built_in<P: RustEmbed>(request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return missing();
    }
    let path = request.path().trim_start_matches('/');
    let is_variant = ENCODINGS.iter().any(|(_, ending)| path.ends_with(ending));
    if !path.is_empty() && !is_variant && P::get(path).is_some() {
        return file::<P>(&request, path);
    }
    if !is_page(&request) {
        return missing();
    }
    if P::get("index.html").is_none() {
        return not_built();
    }
    file::<P>(&request, "index.html")
}

/// A browser goes to a page; scripts and styles that are gone must not be answered with one.
fn is_page(request: &HttpRequest) -> bool {
    let accepts =
        request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.path().trim_start_matches('/');
    let wanted = path.is_empty() || (accepts.contains("text/html") && !path.starts_with(HASHED));
    wanted && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// A file in the best encoding the browser takes, or word that the one it has is still good.
fn file<P: RustEmbed>(request: &HttpRequest, path: &str) -> HttpResponse {
    let accepts = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let encoded = ENCODINGS
        .iter()
        .filter(|(token, _)| accepts.is_some_and(|accepts| takes(accepts, token)))
        .find_map(|(token, ending)| Some((Some(*token), P::get(&format!("{path}{ending}"))?)));
    let Some((encoding, found)) = encoded.or_else(|| Some((None, P::get(path)?))) else {
        return missing();
    };
    let tag = format!("\"{}\"", hex::encode(&found.metadata.sha256_hash()[..16]));
    let lasts = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh =
        known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut answer = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::CACHE_CONTROL, lasts))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::ETAG, tag));
    if fresh {
        return answer.finish();
    }
    if let Some(encoding) = encoding {
        answer.insert_header((header::CONTENT_ENCODING, encoding));
    }
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let kind = match ending {
        "html" => "text/html; charset=utf-8".to_owned(),
        _ => actix_files::file_extension_to_mime(ending).to_string(),
    };
    answer.content_type(kind).body(found.data.into_owned())
}

/// Whether an `Accept-Encoding` takes an encoding: named, and not with a weight of nought.
fn takes(accepts: &str, token: &str) -> bool {
    accepts.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(token));
        let nought =
            words.any(|word| word.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()) == Some(0.0));
        named && !nought
    })
}

fn missing() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain; charset=utf-8")
        .body("There is nothing at this address.\n")
}

fn not_built() -> HttpResponse {
    HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(NOT_BUILT)
}

#[cfg(test)]
mod tests;
