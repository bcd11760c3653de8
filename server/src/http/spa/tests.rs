//! How a built-in panel is served, on a sample of one.

use actix_web::{
    App,
    dev::ServiceResponse,
    http::{Method, StatusCode},
    test::{self, TestRequest},
    web,
};
use rust_embed::RustEmbed;

use super::{built_in, takes};

/// Its encoded files hold the name of their encoding, so that a test sees which one was sent.
#[derive(RustEmbed)]
#[folder = "src/http/spa/sample"]
struct Sample;

/// A folder without `index.html`, as it is before the panel is built.
#[derive(RustEmbed)]
#[folder = "src/http/spa/sample/assets"]
struct Unbuilt;

async fn get<P: RustEmbed + 'static>(request: TestRequest) -> ServiceResponse {
    let site = test::init_service(App::new().default_service(web::to(built_in::<P>))).await;
    test::call_service(&site, request.to_request()).await.map_into_boxed_body()
}

fn page(path: &str) -> TestRequest {
    TestRequest::with_uri(path).insert_header(("accept", "text/html,*/*;q=0.8"))
}

fn header(answer: &ServiceResponse, name: &str) -> Option<String> {
    answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned())
}

#[actix_web::test]
async fn every_address_of_a_browser_is_a_page_and_a_file_that_is_gone_is_not() {
    for path in ["/", "/index.html", "/projects/7", "/setup"] {
        let answer = get::<Sample>(page(path)).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(header(&answer, "content-type").as_deref(), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("no-cache"), "{path}");
        assert!(test::read_body(answer).await.starts_with(b"<!doctype html>"), "{path}");
    }
    for path in ["/assets/gone.js", "/assets/app-1a2b.js.br", "/assets/../../etc/passwd"] {
        assert_eq!(get::<Sample>(page(path)).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let bare = get::<Sample>(TestRequest::with_uri("/")).await;
    assert_eq!(bare.status(), StatusCode::OK, "the front door opens to everybody");
    let script = TestRequest::with_uri("/projects/7").insert_header(("accept", "*/*"));
    assert_eq!(get::<Sample>(script).await.status(), StatusCode::NOT_FOUND);
    let change = page("/projects/7").method(Method::POST);
    assert_eq!(get::<Sample>(change).await.status(), StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_hashed_file_lasts_for_ever_in_the_best_encoding() {
    for (accepts, encoding, body) in [
        ("gzip, br", Some("br"), "brotli\n"),
        ("gzip", Some("gzip"), "gzip\n"),
        ("identity", None, "plain\n"),
    ] {
        let request =
            TestRequest::with_uri("/assets/app-1a2b.js").insert_header(("accept-encoding", accepts));
        let answer = get::<Sample>(request).await;
        assert_eq!(header(&answer, "content-encoding").as_deref(), encoding, "{accepts}");
        assert_eq!(header(&answer, "content-type").as_deref(), Some("text/javascript"), "{accepts}");
        assert_eq!(header(&answer, "cache-control").as_deref(), Some("public, max-age=31536000, immutable"));
        assert_eq!(header(&answer, "vary").as_deref(), Some("accept-encoding"));
        assert_eq!(test::read_body(answer).await, body.as_bytes(), "{accepts}");
    }
}

#[actix_web::test]
async fn a_page_that_is_still_good_is_not_sent_again() {
    let first = get::<Sample>(page("/")).await;
    let tag = header(&first, "etag").expect("a tag");
    let again = get::<Sample>(page("/").insert_header(("if-none-match", tag.clone()))).await;
    assert_eq!((again.status(), header(&again, "etag")), (StatusCode::NOT_MODIFIED, Some(tag)));
    let other = get::<Sample>(page("/").insert_header(("if-none-match", "\"other\""))).await;
    assert_eq!(other.status(), StatusCode::OK);
}

#[actix_web::test]
async fn without_a_panel_it_is_told_how_to_build_one() {
    let answer = get::<Unbuilt>(page("/")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let body = test::read_body(answer).await;
    assert!(String::from_utf8_lossy(&body).contains("cargo xtask run"));
}

#[test]
fn an_encoding_is_taken_when_it_is_named_and_weighs_something() {
    assert!(takes("gzip, deflate, br", "br"));
    assert!(takes("br;q=0.5", "br"));
    assert!(!takes("br;q=0, gzip", "br"));
    assert!(!takes("brotli", "br"));
    assert!(!takes("", "gzip"));
}
