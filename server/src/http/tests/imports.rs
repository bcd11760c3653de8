//! A list from its preview to the mailboxes: nothing is stored before it is said, and bad rows are named.

use actix_web::test;
use serde_json::{Value, json};
use shared::auth::Role;

use super::{Bench, project_form, request, send};
use crate::ask::tests::stub::{RIGHT, Stub};

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
    let project = project_form("Move");
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

#[actix_web::test]
async fn both_systems_are_asked_about_a_list_before_anything_is_stored() {
    let (source, target) =
        (Stub::start(&["anna", "bert", "dora"]).await, Stub::start(&["anna", "dora"]).await);
    let bench = Bench::new().await;
    let operator = bench.admin("olga", Role::Operator).await;
    let other = bench.admin("otto", Role::Operator).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Option<Value>| request(method, path, Some(&operator), body);
    let side = |stub: &Stub| {
        json!({ "endpoint": { "kind": "imap", "host": "127.0.0.1", "port": stub.port(), "tls": "none",
            "login": { "method": "password" } } })
    };
    let project = json!({ "name": "Move", "source": side(&source), "target": side(&target) });
    assert_eq!(send(&site, ask("POST", "/api/v1/projects", Some(project))).await.0.as_u16(), 201);
    let list = format!(
        "source user,source password,target user,target password\nanna,{RIGHT},anna,{RIGHT}\nbert,{RIGHT},bert,{RIGHT}\n\
         carl,canary-wrong,dora,{RIGHT}\n,,x,"
    );
    let import = |what: &str| format!("/api/v1/projects/1/import/{what}");
    let form = json!({ "text": list });
    let (_, before) = send(&site, ask("POST", &import("preview"), Some(form.clone()))).await;
    assert_eq!((&before["good"], &before["unasked"]), (&json!(3), &json!(3)), "{before}");
    assert_eq!(source.logins() + target.logins(), 0, "nobody is asked unless it is said");

    source.hold();
    let (status, begun) = send(&site, ask("POST", &import("ask"), Some(form.clone()))).await;
    assert_eq!(status.as_u16(), 202, "{begun}");
    let id = begun["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/asks/{id}");
    assert_eq!(send(&site, request("GET", &path, Some(&other), None)).await.0.as_u16(), 404);
    let early = json!({ "text": list, "asked": id });
    let (status, refused) = send(&site, ask("POST", &import("commit"), Some(early))).await;
    assert_eq!((status.as_u16(), &refused["field"]), (400, &json!("asked")), "{refused}");
    assert!(refused.to_string().contains("still under way"), "{refused}");
    source.let_go();
    let mut view = Value::Null;
    for _ in 0..400 {
        view = send(&site, ask("GET", &path, None)).await.1;
        if view["done"] == true {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    let numbers = ["total", "asked", "opened", "refused", "unknown"].map(|name| view[name].as_u64());
    assert_eq!(numbers, [Some(3), Some(3), Some(1), Some(2), Some(0)], "{view}");
    assert_eq!(send(&site, ask("GET", "/api/v1/projects/1/jobs", None)).await.1["total"], 0);

    let asked = json!({ "text": list, "asked": id });
    let (_, seen) = send(&site, ask("POST", &import("preview"), Some(asked.clone()))).await;
    assert_eq!((&seen["good"], &seen["bad"], &seen["unasked"]), (&json!(1), &json!(3), &json!(0)), "{seen}");
    let rows = seen["shown"].as_array().expect("rows");
    assert_eq!(rows[0]["answer"]["holds"], 500, "{seen}");
    let kinds: Vec<_> = rows.iter().map(|row| row["problems"][0]["kind"].clone()).collect();
    assert_eq!(kinds[1..3], [json!("target-refused"), json!("source-refused")]);
    for secret in [RIGHT, "canary-wrong"] {
        assert!(!seen.to_string().contains(secret) && !view.to_string().contains(secret));
    }
    let answer = site(ask("POST", &import("bad-rows"), Some(asked.clone()))).await;
    let file = String::from_utf8(test::read_body(answer).await.to_vec()).expect("UTF-8");
    assert!(file.contains("Check that the mailbox exists on the target"), "{file}");
    assert!(file.contains("Check the name on the source, and the password where the list has one"), "{file}");

    // What was said is another admin's; what nobody knows any more is not taken for consent.
    for form in [asked.clone(), json!({ "text": list, "asked": "gone" })] {
        let (status, refused) =
            send(&site, request("POST", &import("commit"), Some(&other), Some(form))).await;
        assert_eq!((status.as_u16(), &refused["field"]), (400, &json!("asked")), "{refused}");
        assert!(refused.to_string().contains("Take `asked` out of the form"), "{refused}");
    }
    let (status, nothing) = send(&site, ask("POST", &import("ask"), Some(asked.clone()))).await;
    assert_eq!(status.as_u16(), 409, "all were asked about: {nothing}");
    let (status, done) = send(&site, ask("POST", &import("commit"), Some(asked))).await;
    assert_eq!((status.as_u16(), done), (201, json!({ "added": 1, "bad": 3, "excluded": 0 })));
    assert_eq!(send(&site, ask("DELETE", &path, None)).await.0.as_u16(), 204);
    assert_eq!(send(&site, ask("DELETE", "/api/v1/asks/gone", None)).await.0.as_u16(), 404);
    let (_, activity) = send(&site, ask("GET", "/api/v1/activity?action=job.ask", None)).await;
    assert_eq!(activity[0]["subject"], "3 mailboxes of Move", "{activity}");
}
