//! The accounts of a source from the question to the mailboxes, and what is said where there are none.

use std::time::SystemTime;

use actix_web::http::StatusCode;
use serde_json::{Value, json};
use shared::{
    auth::Role,
    limits::{Limits, read_hours},
    project::Options,
    time::Timestamp,
};

use super::{Bench, Site, request, send};
use crate::ask::tests::stub::{RIGHT, Stub};

const DISCOVER: &str = "/api/v1/projects/1/discover";

fn login(name: &str) -> Value {
    match name {
        "admin" => json!({ "method": "authorization-id", "admin": "root" }),
        _ => json!({ "method": name }),
    }
}

/// A project whose source is a stub.
fn project(source: &Stub, how: &str, options: &Options) -> Value {
    let endpoint = json!({ "kind": "imap", "host": "127.0.0.1", "port": source.port(), "tls": "none", "login": login(how) });
    let secret = (how == "admin").then_some(RIGHT);
    let target = json!({ "kind": "imap", "host": "new.example", "port": 993, "tls": "implicit", "login": login("admin") });
    json!({ "name": "Move", "source": { "endpoint": endpoint, "secret": secret },
        "target": { "endpoint": target, "secret": "secret" }, "options": options })
}

async fn post(site: &Site, operator: &str, path: &str, body: Option<Value>) -> (StatusCode, Value) {
    send(site, request("POST", path, Some(operator), body)).await
}

#[actix_web::test]
async fn accounts_that_the_source_lists_are_previewed_and_added_as_any_list() {
    let source = Stub::start(&["bert", "root", "anna@old.example"]).await;
    let bench = Bench::new().await;
    let operator = bench.admin("olga", Role::Operator).await;
    let site = bench.site().await;
    let form = project(&source, "admin", &Options::default());
    assert_eq!(post(&site, &operator, "/api/v1/projects", Some(form)).await.0, StatusCode::CREATED);
    let (status, found) = post(&site, &operator, DISCOVER, None).await;
    assert_eq!(status, StatusCode::OK, "{found}");
    assert_eq!(found["accounts"], json!(["anna@old.example", "bert", "root"]));
    assert!(!found.to_string().contains(RIGHT));
    assert_eq!(source.logins(), 1);
    let list = json!({ "text": found["list"], "exclude": ["root"] });
    let path = "/api/v1/projects/1/import/commit";
    let (status, done) = post(&site, &operator, path, Some(list)).await;
    assert_eq!((status, done), (StatusCode::CREATED, json!({ "added": 2, "bad": 0, "excluded": 1 })));
    let path = "/api/v1/projects/1/jobs?search=anna";
    let (_, jobs) = send(&site, request("GET", path, Some(&operator), None)).await;
    assert_eq!(jobs["rows"][0]["target_user"], "anna@old.example", "{jobs}");
    let path = "/api/v1/activity?action=project.discover";
    let (_, activity) = send(&site, request("GET", path, Some(&operator), None)).await;
    assert_eq!(activity[0]["subject"], "Move", "{activity}");
}

#[actix_web::test]
async fn where_no_admin_logs_in_or_its_password_is_gone_nobody_is_asked() {
    let source = Stub::start(&["root"]).await;
    let bench = Bench::new().await;
    let operator = bench.admin("olga", Role::Operator).await;
    let site = bench.site().await;
    let form = project(&source, "password", &Options::default());
    assert_eq!(post(&site, &operator, "/api/v1/projects", Some(form)).await.0, StatusCode::CREATED);
    let (status, refused) = post(&site, &operator, DISCOVER, None).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(refused.to_string().contains("let an admin log in for all mailboxes"), "{refused}");

    let form = project(&source, "admin", &Options::default());
    let (status, changed) =
        send(&site, request("PUT", "/api/v1/projects/1", Some(&operator), Some(form))).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(post(&site, &operator, "/api/v1/projects/1/forget", None).await.0, StatusCode::OK);
    let (status, refused) = post(&site, &operator, DISCOVER, None).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(refused.to_string().contains("No password is stored for the source"), "{refused}");
    assert_eq!(source.logins(), 0);
}

#[actix_web::test]
async fn an_admin_who_is_refused_is_told_what_to_do_and_not_sent_again() {
    let source = Stub::start(&["anna"]).await;
    let bench = Bench::new().await;
    let operator = bench.admin("olga", Role::Operator).await;
    let site = bench.site().await;
    let form = project(&source, "admin", &Options::default());
    assert_eq!(post(&site, &operator, "/api/v1/projects", Some(form)).await.0, StatusCode::CREATED);
    for says in ["doveadm user", "test a mailbox first", "test a mailbox first"] {
        let (status, refused) = post(&site, &operator, DISCOVER, None).await;
        assert_eq!(status, StatusCode::CONFLICT, "{refused}");
        assert!(refused.to_string().contains(says), "{refused}");
    }
    assert_eq!(source.logins(), 1);
}

#[actix_web::test]
async fn outside_the_allowed_hours_the_source_is_left_alone_and_when_it_goes_on_is_told() {
    let source = Stub::start(&["root"]).await;
    let bench = Bench::new().await;
    let operator = bench.admin("olga", Role::Operator).await;
    let site = bench.site().await;
    // Three days from now, whichever day it is: the first of January 1970 was a Thursday.
    let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let day = usize::try_from(Timestamp::from(SystemTime::now()).millis() / 86_400_000).expect("after 1970");
    let hours = read_hours(&format!("{} 10:00-10:01", days[(day + 3) % 7])).expect("hours");
    let options = Options { source_limits: Limits { hours, ..Limits::default() }, ..Options::default() };
    let form = project(&source, "admin", &options);
    assert_eq!(post(&site, &operator, "/api/v1/projects", Some(form)).await.0, StatusCode::CREATED);
    let (status, refused) = post(&site, &operator, DISCOVER, None).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    assert!(
        refused.to_string().contains("is not asked now") && refused.to_string().contains("it goes on at")
    );
    assert_eq!(source.logins(), 0);
}
