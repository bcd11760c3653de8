//! From a change of state to what arrives: a mail server and a receiver of webhooks on loopback.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use shared::{
    auth::Role,
    endpoint::Tls,
    notify::{MailServer, NotifyChoice, NotifyForm, NotifySettings, Occasion},
    time::Timestamp,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

use super::{Notifier, news, webhook::sign};
use crate::{
    guest::Guests,
    secret::Sealer,
    store::{Fact, Store},
};

type Arrived = Arc<Mutex<Vec<String>>>;

fn all(arrived: &Arrived) -> Vec<String> {
    arrived.lock().expect("no panic").clone()
}

/// A mail server that speaks as much of RFC 5321 as a client needs, and keeps each message.
async fn mail_server() -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let (address, arrived) = (listener.local_addr().expect("bound"), Arrived::default());
    let kept = Arc::clone(&arrived);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 mail.example ESMTP\r\n").await.expect("a client");
                let (mut message, mut in_data) = (String::new(), false);
                while let Ok(Some(line)) = lines.next_line().await {
                    if in_data && line != "." {
                        message.push_str(&line);
                        message.push('\n');
                        continue;
                    }
                    let answer = match line.split(' ').next().unwrap_or_default() {
                        "." => {
                            in_data = false;
                            kept.lock().expect("no panic").push(std::mem::take(&mut message));
                            "250 kept"
                        }
                        "DATA" => {
                            in_data = true;
                            "354 go on"
                        }
                        "QUIT" => "221 bye",
                        _ => "250 mail.example",
                    };
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (address, arrived)
}

/// A receiver of webhooks that answers with these statuses in turn, then with 200, and keeps each request.
async fn receiver(statuses: &'static [u16]) -> (SocketAddr, Arrived) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let (address, arrived) = (listener.local_addr().expect("bound"), Arrived::default());
    let kept = Arc::clone(&arrived);
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"}") {
                let mut part = [0; 4096];
                match stream.read(&mut part).await {
                    Ok(0) | Err(_) => break,
                    Ok(read) => request.extend_from_slice(&part[..read]),
                }
            }
            let status = statuses.get(number).copied().unwrap_or(200);
            number += 1;
            kept.lock().expect("no panic").push(String::from_utf8_lossy(&request).into_owned());
            let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (address, arrived)
}

struct Scene {
    notifier: Notifier,
    _dir: tempfile::TempDir,
}

/// An installation that tells an admin by mail and a webhook.
async fn scene(mail: Option<SocketAddr>, webhook: Option<SocketAddr>) -> Scene {
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", dir.path().join("test.db").display());
    let store = Store::open(&url, Sealer::ephemeral().expect("a key")).await.expect("a database");
    let admin = store
        .create_admin("anna", "no hash", Role::Owner, Timestamp::from_millis(0))
        .await
        .expect("an admin");
    let mail = mail.map(|address| MailServer {
        host: "127.0.0.1".into(),
        port: address.port(),
        tls: Tls::None,
        user: None,
        from: "migrate@example.org".into(),
    });
    let webhook = webhook.map(|address| format!("http://{address}/hook"));
    let form = NotifyForm {
        settings: NotifySettings { mail, webhook, reminder_days: None },
        mail_secret: None,
        webhook_secret: Some("a shared secret".into()),
    };
    store.set_notify(&form).await.expect("kept");
    let choice = NotifyChoice {
        address: Some("anna@example.org".into()),
        occasions: vec![Occasion::Failed, Occasion::Throttled],
    };
    store.set_notify_choice(admin, &choice).await.expect("kept");
    let own = "127.0.0.1:1".parse().expect("an address");
    Scene { notifier: Notifier { store, guests: Guests::new(), data_dir: dir.path().into(), own }, _dir: dir }
}

fn failed(value: i64) -> Fact {
    Fact {
        name: "failed/1".into(),
        value,
        occasion: Occasion::Failed,
        text: format!("Move: {value} failed."),
    }
}

async fn send(scene: &Scene) {
    let ways = scene.notifier.store.notify_ways().await.expect("read");
    scene.notifier.send(&ways).await.expect("sent");
}

#[tokio::test]
async fn only_changes_are_told_and_of_one_cause_one_mail_an_hour() {
    let (address, mails) = mail_server().await;
    let scene = scene(Some(address), None).await;
    let store = &scene.notifier.store;
    assert_eq!(store.tell_of(&[failed(0)]).await.expect("told"), 0);
    assert_eq!(store.tell_of(&[failed(1)]).await.expect("told"), 1);
    assert_eq!(store.tell_of(&[failed(1)]).await.expect("told"), 0, "nothing changed");
    assert_eq!(store.tell_of(&[failed(3)]).await.expect("told"), 1);
    send(&scene).await;
    let arrived = all(&mails);
    assert_eq!(arrived.len(), 1, "both in one mail");
    assert!(
        arrived[0].contains("To: anna@example.org") && arrived[0].contains("Move: 1 failed."),
        "{}",
        arrived[0]
    );
    assert!(arrived[0].contains("Move: 3 failed."), "{}", arrived[0]);

    assert_eq!(store.tell_of(&[failed(2)]).await.expect("told"), 0, "fewer is no bad news");
    assert_eq!(store.tell_of(&[failed(9)]).await.expect("told"), 1);
    send(&scene).await;
    assert_eq!(all(&mails).len(), 1, "the hour is not over");
    store.tell(Occasion::Throttled, "mail.example asks for patience.").await.expect("told");
    store.tell(Occasion::Complete, "nobody asked for this").await.expect("told");
    send(&scene).await;
    assert_eq!(all(&mails).len(), 2, "another cause has an hour of its own");
    assert!(!all(&mails)[1].contains("nobody asked"));
}

#[tokio::test]
async fn a_webhook_is_signed_and_one_that_fails_is_tried_again_later() {
    let (address, requests) = receiver(&[503]).await;
    let scene = scene(None, Some(address)).await;
    scene.notifier.store.tell(Occasion::NodeLost, "A process is gone.").await.expect("told");
    send(&scene).await;
    send(&scene).await;
    assert_eq!(all(&requests).len(), 1, "not at once again");
    let request = &all(&requests)[0];
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let value =
        head.lines().find_map(|line| line.strip_prefix("x-carbonio-migrate-signature: ")).expect("signed");
    let (moment, signature) = value.split_once(",v1=").expect("two parts");
    let seconds: i64 = moment.strip_prefix("t=").and_then(|moment| moment.parse().ok()).expect("seconds");
    assert_eq!(signature, sign("a shared secret", seconds, body));
    let told: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&told["occasion"], &told["text"]), (&"node-lost".into(), &"A process is gone.".into()));
    let waiting = scene.notifier.store.waiting_notices().await.expect("counted");
    assert_eq!(waiting, 1, "it waits for its next try");
}

#[tokio::test]
async fn of_several_nodes_one_sends_and_a_redirect_leads_nowhere() {
    let (address, requests) = receiver(&[302]).await;
    let scene = scene(None, Some(address)).await;
    scene.notifier.store.tell(Occasion::NodeLost, "Once.").await.expect("told");
    tokio::join!(send(&scene), send(&scene), send(&scene));
    assert_eq!(all(&requests).len(), 1);
    assert_eq!(scene.notifier.store.waiting_notices().await.expect("counted"), 1, "a redirect is no success");
}

#[tokio::test]
async fn a_round_on_an_empty_installation_tells_nothing() {
    let (address, mails) = mail_server().await;
    let scene = scene(Some(address), None).await;
    scene.notifier.round(&mut news::Seen::default()).await.expect("a round");
    assert!(all(&mails).is_empty());
}
