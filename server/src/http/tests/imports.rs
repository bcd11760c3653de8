//! A list from its preview to the mailboxes: nothing is stored before it is said, and bad rows are named.

use actix_web::test;
use serde_json::{Value, json};
use shared::auth::Role;

use super::{Bench, request, send};

const LIST: &str = "source user,target user,folder\nanna@old.example,anna@new.example,\n,bert@new.example,\n\
                    carl@old.example,anna@new.example,From carl\ngalsync.1@old.example,g@new.example,";

#[actix_web::test]
async fn a_list_is_previewed_corrected_and_added() {
    let bench = Bench::new().await;
    let operator = bench.admin("anna", Role::Operator).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Option<Value>| request(method, path, Some(&operator), body);
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit",
            "login": { "method": "authorization-id", "admin": "root" } }, "secret": "secret" })
    };
    let project = json!({ "name": "Move", "source": side("old.example"), "target": side("new.example") });
    let (status, answer) = send(&site, ask("POST", "/api/v1/projects", Some(project))).await;
    assert_eq!(status.as_u16(), 201, "{answer}");
    let import = |what: &str| format!("/api/v1/projects/1/import/{what}");
    let total = async || send(&site, ask("GET", "/api/v1/projects/1/jobs", None)).await.1["total"].clone();

    let (status, preview) = send(&site, ask("POST", &import("preview"), Some(json!({ "text": LIST })))).await;
    assert_eq!(status.as_u16(), 200, "{preview}");
    let counts = ["rows", "good", "bad", "excluded"].map(|name| preview[name].as_u64());
    assert_eq!(counts, [Some(4), Some(2), Some(1), Some(1)], "{preview}");
    let form = json!({ "text": LIST, "all_or_nothing": true });
    assert_eq!(send(&site, ask("POST", &import("commit"), Some(form))).await.0.as_u16(), 409);
    assert_eq!(total().await, 0, "nothing is stored before");

    let answer = site(ask("POST", &import("bad-rows"), Some(json!({ "text": LIST })))).await;
    let header =
        |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    assert_eq!(header("content-disposition").as_deref(), Some("attachment; filename=\"bad-rows.csv\""));
    let file = String::from_utf8(test::read_body(answer).await.to_vec()).expect("UTF-8");
    assert!(file.contains("The name on the source is empty.") && !file.contains("carl"), "{file}");

    let form = json!({ "text": LIST, "batch": 1 });
    assert_eq!(send(&site, ask("POST", &import("commit"), Some(form.clone()))).await.0.as_u16(), 404);
    assert_eq!(total().await, 0, "there is no such batch");
    let batch = json!({ "name": "Pilot" });
    assert_eq!(send(&site, ask("POST", "/api/v1/projects/1/batches", Some(batch))).await.0.as_u16(), 201);
    let (status, done) = send(&site, ask("POST", &import("commit"), Some(form))).await;
    assert_eq!((status.as_u16(), done), (201, json!({ "added": 2, "bad": 1, "excluded": 1 })));
    assert_eq!(total().await, 2);
    let (_, of_batch) = send(&site, ask("GET", "/api/v1/projects/1/jobs?batch=1", None)).await;
    assert_eq!(of_batch["total"], 2, "{of_batch}");
    let (_, jobs) = send(&site, ask("GET", "/api/v1/projects/1/jobs?search=carl", None)).await;
    assert_eq!(jobs["rows"][0]["below"], json!(["From carl"]));

    let corrected = file.replace("\"\",\"bert@new.example\"", "\"bert@old.example\",\"bert@new.example\"");
    let (status, done) =
        send(&site, ask("POST", &import("commit"), Some(json!({ "text": corrected })))).await;
    assert_eq!((status.as_u16(), &done["added"]), (201, &json!(1)), "{done}");
}

#[actix_web::test]
async fn a_list_that_cannot_be_read_names_the_field_at_fault() {
    let bench = Bench::new().await;
    let operator = bench.admin("anna", Role::Operator).await;
    let site = bench.site().await;
    let side = json!({ "endpoint": { "kind": "imap", "host": "old.example", "port": 993, "tls": "implicit",
        "login": { "method": "password" } } });
    let project = json!({ "name": "Move", "source": side, "target": side });
    send(&site, request("POST", "/api/v1/projects", Some(&operator), Some(project))).await;
    for (form, field) in [
        (json!({}), "text"),
        (json!({ "text": "" }), "text"),
        (json!({ "file": "no base64!" }), "file"),
        (json!({ "file": "UEsDBHh4eHg=" }), "file"),
        (json!({ "text": "a@b.example", "rename": ["nonsense"] }), "rename[0]"),
        (json!({ "text": "a@b.example", "merge": "{nmae}" }), "merge"),
        (json!({ "text": "a@b.example,a@c.example", "columns": ["source-user", "source-user"] }), "columns"),
    ] {
        let path = "/api/v1/projects/1/import/preview";
        let (status, answer) = send(&site, request("POST", path, Some(&operator), Some(form))).await;
        assert_eq!((status.as_u16(), &answer["field"]), (400, &json!(field)), "{answer}");
    }
}
