//! A list from the file to the mailboxes: upload → columns → rules → bad rows mended → added → what was left out.

use std::{fmt::Write as _, fs, time::Duration};

use serde_json::{Value, json};
use servers::{
    cyrus::{self, Cyrus},
    dovecot::{Dovecot, PASSWORD},
};
use shared::{
    endpoint::Login,
    project::{Options, ProjectForm},
};
use tests::{
    app::{OWNER, TestApp},
    artefacts,
    browser::Browser,
    client::Client,
    mailbox::Mailbox,
};

const STEP: Duration = Duration::from_secs(30);
const ADD: &str = "[data-test='add-list']";

/// Every kind of row: good, renamed, merged, of the system, twice, nameless, of another domain, without a password.
const LIST: &str = "Department;Old mailbox;Old password;New mailbox;Folder\n\
    Sales;anna@old.example;secret-1;anna.berg@new.example;\n\
    Sales;bert@old.example;secret-2;;\n\
    Sales;sales@old.example;secret-3;anna.berg@new.example;\n\
    Board;carla@old.example;secret-4;carla@new.example;Archive/Old\n\
    IT;galsync.x1@old.example;secret-5;;\n\
    IT;dora@old.example;;dora@new.example;\n\
    IT;;secret-6;ernst@new.example;\n\
    IT;anna@old.example;secret-1;anna.berg@new.example;\n\
    IT;frida@odl.example;secret-7;frida@new.example;\n\
    IT;gustav@old.example;secret-8;gustav@new.example;\n\
    IT;helga@old.example;secret-9;helga@new.example;\n\
    IT;ilse@old.example;secret-10;ilse@new.example;\n\
    IT;jan@old.example;secret-11;jan@new.example;\n";

/// A project whose servers are never asked: its source wants a password of each mailbox, its target has an admin.
async fn project(client: &Client) -> u64 {
    let side = |login: Value, secret: Option<&str>| json!({ "endpoint": { "kind": "imap", "host": "mail.example", "port": 993, "tls": "implicit", "login": login }, "secret": secret });
    let source = side(json!({ "method": "password" }), None);
    let target = side(json!({ "method": "authorization-id", "admin": "root" }), Some("secret"));
    let form = json!({ "name": "Headquarters", "source": source, "target": target });
    let made = client.post("/projects", &form).await.expect(201).json();
    let id = made["row"]["id"].as_u64().expect("an id");
    client.post(&format!("/projects/{id}/batches"), &json!({ "name": "Pilot" })).await.expect(201);
    id
}

async fn mailboxes(client: &Client, project: u64) -> u64 {
    client.get(&format!("/projects/{project}/jobs")).await.json()["total"].as_u64().expect("a number")
}

async fn log_in(app: &TestApp) -> Browser {
    let browser = Browser::start().await;
    browser.go(&app.url()).await;
    browser.log_in(OWNER).await;
    browser.test("project").await;
    browser
}

/// Chooses a file as a person does.
async fn upload(browser: &Browser, name: &str, contents: &[u8]) {
    let path = browser.profile().join(name);
    fs::write(&path, contents).expect("writes");
    let field = browser.css("input[name='file']").await;
    field.send_keys(&path.to_string_lossy()).await.expect("takes a file");
    browser.until("[data-test='chosen-file']", STEP, |text| text == name).await;
}

#[tokio::test]
async fn a_list_is_brought_mended_and_added() {
    let (app, client) = TestApp::set_up().await;
    let project = project(&client).await;
    let mut browser = log_in(&app).await;
    browser.go(&format!("{}/projects/{project}", app.url())).await;
    browser.test("empty").await;
    browser.look("50-no-mailboxes").await;
    browser.click("bring-list").await;
    browser.css("input[name='file']").await;
    browser.look("51-bring-a-list").await;

    upload(&browser, "mailboxes.csv", LIST.as_bytes()).await;
    browser.until(ADD, STEP, |text| text == "Add 6 mailboxes").await;
    browser.look("52-list-as-guessed").await;
    browser.fill("rename", "old.example -> new.example").await;
    browser.css("textarea[name='rename'][aria-invalid='true']").await;
    browser.look("53-rule-refused").await;
    browser.click("add-list").await;
    assert_eq!(mailboxes(&client, project).await, 0, "nothing is added while a rule cannot be read");
    browser.fill("rename", "@old.example -> @new.example").await;
    browser.until(ADD, STEP, |text| text == "Add 7 mailboxes").await;
    browser.fill("merge", "From {name}").await;
    browser.until(ADD, STEP, |text| text == "Add 8 mailboxes").await;
    browser.until("[data-test='preview']", STEP, |text| text.contains("From sales by rule")).await;

    // A column that says something else, and back.
    browser.select("column-2", "").await;
    browser.until(ADD, STEP, |text| text == "Add mailboxes").await;
    browser.look("54-no-password-column").await;
    browser.select("column-2", "source-secret").await;
    browser.until(ADD, STEP, |text| text == "Add 8 mailboxes").await;

    browser.click("show-bad").await;
    let bad = "[data-test='preview'] tbody";
    browser.until(bad, STEP, |text| text.contains("dora") && !text.contains("carla")).await;
    browser.look("55-bad-rows").await;
    browser.select("batch", "1").await;
    browser.until(ADD, STEP, |text| text == "Add 8 mailboxes").await;
    assert_eq!(mailboxes(&client, project).await, 0, "nothing is stored before");
    browser.click("add-list").await;
    browser.test("to-list").await;
    browser.look("56-added").await;
    assert_eq!(mailboxes(&client, project).await, 8);

    // What was left out is downloaded, mended and brought again.
    browser.click("bad-rows").await;
    let (_, file) = browser.downloaded(".csv").await;
    artefacts::keep("bad-rows.csv", &file);
    let file = String::from_utf8(file).expect("UTF-8");
    assert!(file.contains("password on the source is empty") && file.contains("galsync"), "{file}");
    assert!(file.starts_with('\u{feff}') && !file.contains("bert@"), "{file}");
    let mended = file.replace("\"dora@old.example\";\"\"", "\"dora@old.example\";\"secret\"");
    assert_ne!(mended, file);
    browser.click("to-list").await;
    browser.until("[data-test='jobs']", STEP, |text| text.contains("bert@new.example")).await;
    browser.look("57-project-after").await;
    browser.click("bring-list").await;
    upload(&browser, "mended.csv", mended.as_bytes()).await;
    // Of so few rows, one domain more is not a slip by itself.
    browser.until(ADD, STEP, |text| text == "Add 2 mailboxes").await;
    browser.fill("domains", "old.example, new.example").await;
    browser.until(ADD, STEP, |text| text == "Add 1 mailbox").await;
    browser.click("add-list").await;
    browser.test("to-list").await;
    assert_eq!(mailboxes(&client, project).await, 9);
    let pilot = client.get(&format!("/projects/{project}/jobs?batch=1")).await.json();
    assert_eq!(pilot["total"], 8, "the second list named no batch");
    browser.close().await;
}

#[tokio::test]
async fn a_list_of_fifty_thousand_rows_stays_a_page() {
    let (app, client) = TestApp::set_up().await;
    let project = project(&client).await;
    let mut browser = log_in(&app).await;
    browser.go(&format!("{}/projects/{project}/list", app.url())).await;
    let mut list = String::from("source;password;target\n");
    for number in 0..50_000 {
        let broken = if number % 1000 == 0 { "" } else { "secret" };
        writeln!(list, "u{number}@old.example;{broken};u{number}@new.example").expect("writes");
    }
    upload(&browser, "many.csv", list.as_bytes()).await;
    browser.until(ADD, Duration::from_secs(60), |text| text == "Add 49,950 mailboxes").await;
    let rows =
        browser.script("return document.querySelectorAll('[data-test=preview] tbody tr').length", vec![]);
    assert_eq!(rows.await, 50);
    browser.click("show-bad").await;
    let page = "[data-test='preview'] tbody";
    browser.until(page, Duration::from_secs(60), |text| text.contains("u49000@")).await;
    browser.click("show-all").await;
    browser.until(page, Duration::from_secs(60), |text| text.contains("u49@")).await;
    browser.click_css(".pager .button:last-child").await;
    browser
        .until(page, Duration::from_secs(60), |text| text.contains("u50@") && !text.contains("u49@"))
        .await;
    browser.look("58-many-rows").await;
    browser.close().await;
}

#[tokio::test]
async fn both_systems_are_asked_about_a_list_before_it_is_added() {
    let (source, target) =
        (Dovecot::builder().start().expect("starts"), Dovecot::builder().start().expect("starts"));
    let (app, client) = TestApp::set_up().await;
    let side = |server: &Dovecot| Mailbox::on(server, "anna@old.example").side();
    let options = Options::default();
    let form =
        ProjectForm { name: "Headquarters".into(), source: side(&source), target: side(&target), options };
    let made = client.post("/projects", &form).await.expect(201).json();
    let project = made["row"]["id"].as_u64().expect("an id");
    let mut browser = log_in(&app).await;
    browser.go(&format!("{}/projects/{project}/list", app.url())).await;

    // What was chosen for one list is not taken over to another one.
    browser.fill("text", "a;b;c;d\nanna@old.example;x;anna@new.example;y").await;
    browser.css("select[name='column-0']").await;
    browser.select("column-0", "source-user").await;
    browser.select("column-1", "source-secret").await;
    browser.select("column-2", "target-user").await;
    browser.select("column-3", "target-secret").await;
    browser.until(ADD, STEP, |text| text == "Add 1 mailbox").await;
    let head = "source user;target user;source password;target password";
    let row =
        |user: &str, password: &str| format!("{user}@old.example;{user}@new.example;{password};{PASSWORD}");
    let list = [head.to_owned(), row("anna", PASSWORD), row("bert", "wrong")].join("\n");
    browser.fill("text", &list).await;
    browser.until(ADD, STEP, |text| text == "Add 2 mailboxes").await;
    browser.until("[data-test='ask-both']", STEP, |text| text.ends_with("about 2 mailboxes")).await;
    browser.click("ask-both").await;
    let status = "[data-test='ask-status']";
    browser.until(status, STEP, |text| text.contains("1 opened on both sides, 1 refused")).await;
    browser.until(ADD, STEP, |text| text == "Add 1 mailbox").await;
    let rows = browser.text("[data-test='preview']").await;
    assert!(rows.contains("Refused by the source") && rows.contains("Opens on both sides"), "{rows}");
    browser.look("59-both-asked").await;
    assert_eq!(mailboxes(&client, project).await, 0, "nothing is stored before");
    browser.click("add-list").await;
    browser.test("to-list").await;
    assert_eq!(mailboxes(&client, project).await, 1);

    // A file that was chosen is taken away again.
    browser.go(&format!("{}/projects/{project}/list", app.url())).await;
    upload(&browser, "one.csv", format!("{head}\n{}\n", row("carl", PASSWORD)).as_bytes()).await;
    browser.until(ADD, STEP, |text| text == "Add 1 mailbox").await;
    browser.click("remove-file").await;
    browser.until("[data-test='chosen-file']", STEP, |text| text.starts_with("Choose a file")).await;
    browser.until("main", STEP, |text| !text.contains("row can be added")).await;
    browser.close().await;
}

#[tokio::test]
async fn accounts_that_are_found_on_the_source_become_the_list() {
    let (source, target) = (Cyrus::start().expect("starts"), Dovecot::builder().start().expect("starts"));
    for user in ["anna@old.example", "bert@old.example"] {
        source.open(user).expect("opens").logout();
    }
    let (app, client) = TestApp::set_up().await;
    let mut admin = Mailbox::at(source.plain_port(), "anna@old.example");
    let own = admin.clone();
    admin.endpoint.login = Login::AuthorizationId { admin: cyrus::ADMIN.into() };
    let to = Mailbox::on(&target, "anna@old.example").by_master();
    for (name, from) in [("Found", &admin), ("Own", &own)] {
        let form = ProjectForm {
            name: name.into(),
            source: from.side(),
            target: to.side(),
            options: Options::default(),
        };
        client.post("/projects", &form).await.expect(201);
    }
    let mut browser = log_in(&app).await;
    browser.go(&format!("{}/projects/2/list", app.url())).await;
    browser.until("[data-test='no-find']", STEP, |text| text.contains("a login of its own")).await;
    browser.go(&format!("{}/projects/1/list", app.url())).await;
    browser.click("find-accounts").await;
    browser.until("[data-test='find-status']", STEP, |text| text == "Found 2 accounts.").await;
    browser.until(ADD, STEP, |text| text == "Add 2 mailboxes").await;
    browser.until("[data-test='preview']", STEP, |text| text.contains("bert@old.example")).await;
    browser.look("59-accounts-found").await;
    assert_eq!(mailboxes(&client, 1).await, 0, "nothing is stored before");
    browser.click("add-list").await;
    browser.test("to-list").await;
    assert_eq!(mailboxes(&client, 1).await, 2);

    // What cannot be asked says why, beside the button.
    drop(source);
    browser.go(&format!("{}/projects/1/list", app.url())).await;
    browser.click("find-accounts").await;
    browser
        .until("[data-test='find'] [data-test='alert']", STEP, |text| {
            text.contains("Connecting to the source")
        })
        .await;
    browser.refused(409).await;
    browser.close().await;
}
