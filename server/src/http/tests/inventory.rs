//! The inventory over HTTP: sums, pages, files, and how long it takes.

use actix_web::test;
use engine::pass::PassOutcome;
use serde_json::{Value, json};
use shared::{
    auth::Role,
    id::JobId,
    inventory::MailboxInventory,
    job::JobAction,
    pass::{Counts, PassEnd},
};

use super::{Bench, request, send};

/// A dry run that finds this.
async fn look(bench: &Bench, job: i64, items: u64, free: Option<u64>) {
    let store = &bench.parts.store;
    store.apply(JobId(job), JobAction::DryRun).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let found = MailboxInventory {
        looked: bench.parts.clock.now(),
        folders: 2,
        unreadable: 0,
        items,
        bytes: items * 1000,
        copy: items,
        copy_bytes: items * 1000,
        oversized: 0,
        oversized_bytes: 0,
        renamed: 1,
        clashes: 1,
        free_bytes: free,
        limit_bytes: free,
        free_items: None,
    };
    let outcome = PassOutcome {
        end: PassEnd::Finished,
        counts: Counts::default(),
        plan: None,
        report: None,
        drift: None,
        inventory: Some(found),
    };
    store.finish_pass(&lease, pass, &outcome).await.expect("ends");
}

#[actix_web::test]
async fn an_inventory_is_added_up_listed_and_downloaded() {
    let bench = Bench::new().await;
    let operator = bench.admin("anna", Role::Operator).await;
    let auditor = bench.admin("otto", Role::Auditor).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Option<Value>| request(method, path, Some(&operator), body);
    let read = |path: &str| request("GET", path, Some(&auditor), None);
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit",
            "login": { "method": "authorization-id", "admin": "root" } }, "secret": "secret" })
    };
    let project = json!({ "name": "Move", "source": side("old.example"), "target": side("new.example") });
    assert_eq!(send(&site, ask("POST", "/api/v1/projects", Some(project))).await.0.as_u16(), 201);
    let row = |user: &str| json!({ "source_user": user, "target_user": format!("{user}@new.example") });
    let rows = json!([row("=anna"), row("bert"), row("carl")]);
    assert_eq!(send(&site, ask("POST", "/api/v1/projects/1/jobs", Some(rows))).await.0.as_u16(), 201);

    let (status, nothing) = send(&site, read("/api/v1/projects/1/inventory")).await;
    assert_eq!((status.as_u16(), &nothing["seen"], &nothing["unseen"]), (200, &json!(0), &json!(3)));
    let why = nothing["time"]["why_not"].as_str().expect("a sentence");
    assert!(why.contains("no mailbox was looked at"), "{why}");

    look(&bench, 1, 10, Some(50_000)).await;
    look(&bench, 2, 20, Some(5_000)).await;
    let (_, sums) = send(&site, read("/api/v1/projects/1/inventory")).await;
    for (name, value) in [
        ("mailboxes", 3),
        ("seen", 2),
        ("unseen", 1),
        ("folders", 4),
        ("items", 30),
        ("copy_bytes", 30_000),
        ("clashes", 2),
        ("short", 1),
        ("short_bytes", 15_000),
    ] {
        assert_eq!(sums[name], value, "{name} of {sums}");
    }
    // What was not looked at is taken to be like the others.
    assert_eq!(sums["time"]["items_left"], 45);
    let why = sums["time"]["why_not"].as_str().expect("a sentence");
    assert!(why.contains("not known yet") && sums["time"]["seconds"].is_null(), "{sums}");

    let (_, short) = send(&site, read("/api/v1/projects/1/inventory/mailboxes?only=short")).await;
    assert_eq!((&short["total"], &short["rows"][0]["source_user"]), (&json!(1), &json!("bert")));
    assert_eq!(short["rows"][0]["found"]["items"], 20);
    for bad in ["only=nonsense", "sort=nonsense", "what=ever"] {
        let path = format!("/api/v1/projects/1/inventory/mailboxes?{bad}");
        assert_eq!(send(&site, read(&path)).await.0.as_u16(), 400, "{bad}");
    }
    for missing in ["2/inventory", "2/inventory/mailboxes", "1/inventory?batch=9"] {
        assert_eq!(send(&site, read(&format!("/api/v1/projects/{missing}"))).await.0.as_u16(), 404);
    }

    let answer = site(read("/api/v1/projects/1/inventory?format=csv")).await;
    let named = answer.headers().get("content-disposition").and_then(|value| value.to_str().ok());
    assert_eq!(named, Some("attachment; filename=\"inventory_1.csv\""));
    let file = String::from_utf8(test::read_body(answer).await.to_vec()).expect("UTF-8");
    assert_eq!(file.lines().count(), 4, "{file}");
    assert!(file.starts_with("\u{feff}source_user,") && file.contains("\r\n'=anna,"), "{file}");
    assert!(file.lines().any(|line| line.starts_with("bert,") && line.ends_with(",short")), "{file}");

    let (_, file) = send(&site, read("/api/v1/projects/1/inventory?format=json")).await;
    assert_eq!(file["inventory"]["seen"], 2);
    let mailboxes = file["mailboxes"].as_array().expect("mailboxes");
    assert_eq!(mailboxes.len(), 3);
    assert_eq!((&mailboxes[2]["found"], &mailboxes[2]["fit"]), (&Value::Null, &json!("unknown")));
}

#[actix_web::test]
async fn how_long_it_takes_is_told_from_the_pace_that_was_measured() {
    let bench = Bench::new().await;
    let owner = bench.admin("anna", Role::Owner).await;
    let site = bench.site().await;
    let ask = |method: &str, path: &str, body: Option<Value>| request(method, path, Some(&owner), body);
    let side = |host: &str| {
        json!({ "endpoint": { "kind": "imap", "host": host, "port": 993, "tls": "implicit",
            "login": { "method": "authorization-id", "admin": "root" } }, "secret": "secret" })
    };
    let project = json!({ "name": "Move", "source": side("old.example"), "target": side("new.example") });
    send(&site, ask("POST", "/api/v1/projects", Some(project))).await;
    let row = |user: &str| json!({ "source_user": user, "target_user": user });
    let rows = json!([row("anna"), row("bert")]);
    send(&site, ask("POST", "/api/v1/projects/1/jobs", Some(rows))).await;
    look(&bench, 2, 1000, None).await;

    // Anna moves for ten minutes, a message a second.
    let store = bench.parts.store.clone();
    store.apply(JobId(1), JobAction::Start).await.expect("starts");
    let lease = store.claim().await.expect("claims").expect("there is one");
    let pass = store.begin_pass(&lease).await.expect("begins");
    let ledger = store.ledger(&lease, pass);
    use engine::ledger::{Entry, EntryState, FolderRecord, Ledger};
    let path = shared::folder::FolderPath::new(["INBOX"]);
    let folder = FolderRecord {
        source: path.clone(),
        target: path,
        role: None,
        source_validity: Some(1),
        bracket: None,
        items: 600,
        bytes: 600_000,
        compared: None,
    };
    let folder = ledger.put_folders(&[folder]).await.expect("a folder")[0];
    for minute in 0..=10_u32 {
        let copied = |uid: u32| Entry {
            item: engine::model::ItemId::Uid(uid),
            size: 1000,
            fingerprint: None,
            state: EntryState::Copied { target: Some(uid), adopted: false },
            marks: None,
            deaths: 0,
        };
        let minute_of = (minute.max(1) - 1) * 60 + 1..=minute * 60;
        let entries: Vec<_> = minute_of.map(|uid| (folder, copied(uid))).collect();
        ledger.put_entries(&entries).await.expect("entries");
        store.note_pace(bench.parts.clock.now()).await.expect("notes");
        bench.pass_minutes(1);
    }
    let (_, sums) = send(&site, ask("GET", "/api/v1/projects/1/inventory", None)).await;
    let time = &sums["time"];
    assert_eq!((&time["items_left"], &time["bytes_left"]), (&json!(1000), &json!(1_000_000)), "{sums}");
    let (low, high) = (time["seconds"][0].as_f64().expect("low"), time["seconds"][1].as_f64().expect("high"));
    assert!(low < 1000.0 && 1000.0 < high && low > 600.0 && high < 1500.0, "{time}");
    assert!(time["done"][0].is_string() && time["why_not"].is_null(), "{time}");
}
