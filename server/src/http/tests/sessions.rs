//! Logging in and staying in: set-up, limits, time-outs, and who ends whose session.

use actix_web::http::StatusCode;
use serde_json::json;
use shared::{auth::Role, id::AdminId, project::ProjectQuery};

use super::{Bench, request, send};
use crate::{
    auth::Token,
    live::{Feed, Topic},
    store::{AdminEdit, Proof},
};

const PASSWORD: &str = "a quiet green harbour";

async fn setup_token(bench: &Bench) -> String {
    let token = Token::generate().expect("random");
    let expires = bench.parts.clock.now().plus_millis(60 * 60_000);
    bench.parts.store.put_setup_token(token.hash(), expires).await.expect("kept");
    token.expose().to_owned()
}

#[actix_web::test]
async fn the_set_up_token_makes_one_owner_and_expires() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let set_up = |token: &str| {
        request(
            "POST",
            "/api/v1/setup",
            None,
            Some(json!({ "token": token, "name": "anna", "password": PASSWORD })),
        )
    };
    let late = setup_token(&bench).await;
    bench.pass_minutes(61);
    assert_eq!(send(&site, set_up(&late)).await.0, StatusCode::FORBIDDEN);
    let token = setup_token(&bench).await;
    assert_eq!(
        send(&site, set_up(&late)).await.0,
        StatusCode::FORBIDDEN,
        "a newer token voids the older one"
    );
    let answers = futures_util::future::join_all((0..8).map(|_| send(&site, set_up(&token)))).await;
    let made = answers.iter().filter(|(status, _)| *status == StatusCode::CREATED).count();
    assert_eq!(made, 1, "{answers:?}");
    let admins = bench.parts.store.admins().await.expect("read");
    assert_eq!(admins.len(), 1);
    assert!(admins[0].last_login.is_some(), "who sets up is logged in");
    assert_eq!(send(&site, request("GET", "/api/v1/setup", None, None)).await.1, json!({ "needed": false }));
}

#[actix_web::test]
async fn a_session_ends_when_idle_and_after_half_a_day() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let me = |session: &str| request("GET", "/api/v1/session", Some(session), None);
    let idle = bench.admin("anna", Role::Owner).await;
    bench.pass_minutes(29);
    assert_eq!(send(&site, me(&idle)).await.0, StatusCode::OK);
    bench.pass_minutes(29);
    assert_eq!(send(&site, me(&idle)).await.0, StatusCode::OK, "the request before counted as activity");
    bench.pass_minutes(31);
    assert_eq!(send(&site, me(&idle)).await.0, StatusCode::UNAUTHORIZED);
    let busy = bench.admin("bert", Role::Owner).await;
    for _ in 0..28 {
        bench.pass_minutes(25);
        assert_eq!(send(&site, me(&busy)).await.0, StatusCode::OK);
    }
    bench.pass_minutes(21);
    assert_eq!(send(&site, me(&busy)).await.0, StatusCode::UNAUTHORIZED, "twelve hours are over");
}

#[actix_web::test]
async fn a_live_stream_keeps_no_session_alive() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let session = bench.admin("anna", Role::Owner).await;
    for _ in 0..2 {
        bench.pass_minutes(16);
        let stream = request("GET", "/api/v1/live/projects", Some(&session), None);
        let _ = site(stream).await;
    }
    assert!(!bench.lives(&session).await);
}

#[actix_web::test]
async fn an_open_stream_ends_within_seconds_of_its_session() {
    let bench = Bench::new().await;
    let session = bench.admin("anna", Role::Owner).await;
    bench.admin("bert", Role::Owner).await;
    let feed = Feed::begin(
        bench.parts.live.clone(),
        Topic::Projects(ProjectQuery::default()),
        Proof::Session(crate::auth::hash(&session)),
    )
    .await;
    let mut feed = feed.expect("begun");
    assert!(feed.next().await.is_some(), "the first snapshot comes at once");
    let edit = AdminEdit { enabled: Some(false), ..AdminEdit::default() };
    bench.parts.store.edit_admin(AdminId(1), &edit).await.expect("disabled");
    let end = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        while feed.next().await.is_some() {}
    });
    end.await.expect("ended in time");
}

#[actix_web::test]
async fn logging_in_replaces_the_session_and_logging_out_ends_it() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let token = setup_token(&bench).await;
    let form = json!({ "token": token, "name": "anna", "password": PASSWORD });
    let answer = site(request("POST", "/api/v1/setup", None, Some(form))).await;
    let cookie = |answer: &actix_web::dev::ServiceResponse<_>| {
        answer.response().cookies().next().expect("a cookie").value().to_owned()
    };
    let first = cookie(&answer);
    let form = json!({ "name": "Anna", "password": PASSWORD });
    let login = request("POST", "/api/v1/session", Some(&first), Some(form));
    let second = cookie(&site(login).await);
    assert!(!bench.lives(&first).await && bench.lives(&second).await);
    let form = json!({ "current": PASSWORD, "new": "another quiet harbour" });
    let change = request("PUT", "/api/v1/session/password", Some(&second), Some(form));
    let third = cookie(&site(change).await);
    assert!(!bench.lives(&second).await && bench.lives(&third).await);
    let (status, _) = send(&site, request("DELETE", "/api/v1/session", Some(&third), None)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(!bench.lives(&third).await);
}

#[actix_web::test]
async fn guessing_is_slowed_down_and_told_so() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let guess =
        || request("POST", "/api/v1/session", None, Some(json!({ "name": "anna", "password": "guess" })));
    for attempt in 0..10 {
        let (status, answer) = send(&site, guess()).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::UNAUTHORIZED, &json!("unauthorized")),
            "{attempt}"
        );
    }
    let answer = site(guess()).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 =
        answer.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse().ok()).expect("seconds");
    assert!((1..=240).contains(&wait), "{wait}");
}

#[actix_web::test]
async fn somebody_always_stays_an_owner() {
    let bench = Bench::new().await;
    let site = bench.site().await;
    let owner = bench.admin("anna", Role::Owner).await;
    let ask = |method: &str, body| request(method, "/api/v1/admins/1", Some(&owner), body);
    for body in [json!({ "role": "operator" }), json!({ "enabled": false })] {
        assert_eq!(send(&site, ask("PATCH", Some(body))).await.0, StatusCode::CONFLICT);
    }
    assert_eq!(send(&site, ask("DELETE", None)).await.0, StatusCode::CONFLICT);
    let weak = json!({ "name": "bert", "password": "Carbonio2026!!", "role": "owner" });
    let (status, answer) = send(&site, request("POST", "/api/v1/admins", Some(&owner), Some(weak))).await;
    assert_eq!((status, &answer["field"]), (StatusCode::BAD_REQUEST, &json!("password")));
    let good = json!({ "name": "bert", "password": PASSWORD, "role": "owner" });
    let (status, _) = send(&site, request("POST", "/api/v1/admins", Some(&owner), Some(good))).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(send(&site, ask("DELETE", None)).await.0, StatusCode::NO_CONTENT);
    assert!(!bench.lives(&owner).await);
}
