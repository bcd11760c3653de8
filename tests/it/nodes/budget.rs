//! Connections of all nodes together, counted from outside.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::{
    check::{CheckReport, CheckStarted, StepStatus},
    import::{AskStarted, AskView},
};
use tests::connections::connections;

use super::{DONE, Sampler, Site};

#[tokio::test]
async fn l9_nodes_together_never_have_more_connections_than_allowed() {
    let site = Site::new(8, 60).await;
    site.limit(8, 3).await;
    // Neither can use the whole budget alone, and together they could use more.
    let _workers = [site.worker(2), site.worker(2)];
    site.workers(2).await;
    let sampler = Sampler::start(&[site.source.plain_port(), site.line.port()]);
    site.start().await;
    let begun = Instant::now();
    let (mut busy, mut seen) = (0, std::collections::BTreeSet::new());
    loop {
        let states = site.states().await;
        if states.iter().all(|state| *state == shared::job::JobState::Complete) {
            break;
        }
        assert!(begun.elapsed() < DONE, "{states:?}");
        let nodes = site.nodes().await;
        busy = busy.max(nodes.iter().filter(|node| !node.mailboxes.is_empty()).count());
        seen.insert(nodes.iter().map(|node| node.mailboxes.len()).sum::<usize>());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let (samples, most) = sampler.end();
    println!(
        "most connections in {samples} samples: {most:?}; {busy} nodes at once; mailboxes at once {seen:?}"
    );
    assert_eq!(most, [3, 3], "the whole budget is used, and not one more");
    assert!(busy >= 2, "several nodes shared it");
    assert!(
        seen.iter().all(|moved| *moved <= 3),
        "nobody holds a mailbox that no connection is free for: {seen:?}"
    );
    assert_eq!(connections(site.line.port()), 0);
    site.assert_same();
    let left = site.postgres.query("SELECT count(*) FROM endpoint_slot").expect("counts");
    assert_eq!(left, "0", "every connection was given back");
}

/// How long asking and checking may take beside mailboxes that move.
const ASKED: Duration = Duration::from_secs(90);

#[tokio::test]
async fn l9_questions_and_checks_share_the_connections_with_mailboxes_that_move_elsewhere() {
    let mut site = Site::without_jobs(8, 60).await;
    site.keep_the_server_out().await;
    site.limit(8, 2).await;
    let row = |user: &String| {
        let (from, to) = site.pair(user);
        [from.user, from.secret, to.user, to.secret].join(",")
    };
    let rows: Vec<String> = site.users.iter().map(row).collect();
    let list = |rows: &[String]| {
        format!("source user,source password,target user,target password\n{}\n", rows.join("\n"))
    };
    let (moved, asked) = (list(&rows[..4]), list(&rows[4..]));
    site.bring(&moved).await;
    // Both could use the whole budget alone.
    let _workers = [site.worker(2), site.worker(2)];
    site.workers(2).await;
    let sampler = Sampler::start(&[site.source.plain_port(), site.line.port()]);
    site.start().await;
    site.under_way().await;

    let path = format!("/projects/{}/import/ask", site.project);
    let round: AskStarted = site.client.post(&path, &json!({ "text": asked })).await.expect(202).read();
    let (source, target) = site.pair(&site.users[4]);
    let mut checks = Vec::new();
    for (side, mailbox) in [("source", &source), ("target", &target), ("source", &source)] {
        let form = json!({ "endpoint": mailbox.side().endpoint, "user": mailbox.user, "secret": mailbox.secret,
            "stored": { "project": site.project, "side": side } });
        let begun: CheckStarted = site.client.post("/checks", &form).await.expect(202).read();
        checks.push(begun.id);
    }
    let begun = Instant::now();
    let mut waited = None;
    let view = loop {
        let view: AskView = site.client.get(&format!("/asks/{}", round.id)).await.expect(200).read();
        waited = waited.or(view.waiting.clone());
        if view.done {
            break view;
        }
        assert!(begun.elapsed() < ASKED, "it does not end: {view:?}\n{}", site.app.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((view.total, view.opened), (4, 4), "{view:?}");
    for id in checks {
        let report = loop {
            let report: CheckReport = site.client.get(&format!("/checks/{id}")).await.expect(200).read();
            if report.done {
                break report;
            }
            assert!(begun.elapsed() < ASKED, "it does not end: {report:?}\n{}", site.app.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        // All connections may have been in use for as long as an admin waits.
        let first = &report.steps[0].status;
        let in_use = matches!(first, StepStatus::Failed { detail, .. } if detail.contains("are in use"));
        assert!(report.passed() || in_use, "{report:?}");
    }
    site.until_complete(4, DONE).await;
    let (samples, most) = sampler.end();
    println!("most connections in {samples} samples: {most:?}; {waited:?}");
    assert_eq!(most, [2, 2], "the whole budget is used, and not one more");
    let waited = waited.expect("it says why nothing is asked for the moment");
    assert!(waited.contains("in use"), "{waited}");
    let left = site.postgres.query("SELECT count(*) FROM endpoint_slot").expect("counts");
    assert_eq!(left, "0", "every connection was given back");
}
