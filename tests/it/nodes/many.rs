//! Many mailboxes from a list through three workers, of which one is killed and one stands still half-way.

use std::{fmt::Write as _, time::Instant};

use servers::dovecot::PASSWORD;
use shared::node::{NodeRow, NodeState};

use super::{BUSY, DONE, Sampler, Site, TAKEN_OVER};

/// How many mailboxes; the environment may ask for more.
fn mailboxes() -> usize {
    std::env::var("MANY_MAILBOXES").ok().and_then(|number| number.parse().ok()).unwrap_or(40)
}

/// Connections to each side at most.
const BUDGET: u16 = 9;

#[tokio::test]
async fn many_mailboxes_from_a_list_arrive_though_one_worker_is_killed_and_one_stands_still() {
    let number = mailboxes();
    let mut site = Site::without_jobs(number, 12).await;
    site.keep_the_server_out().await;
    // The list as an admin brings it.
    let mut csv = String::from("source user,source password,target user,target password\n");
    for user in &site.users {
        writeln!(csv, "{user},{PASSWORD},{user},{PASSWORD}").expect("writes");
    }
    site.bring(&csv).await;
    assert_eq!(site.jobs.len(), number);
    site.limit(60, BUDGET).await;
    let mut dies = site.worker(4);
    let stands_still = site.worker(4);
    let _lives = site.worker(4);
    site.workers(3).await;
    site.line.limit(600_000);
    let sampler = Sampler::start(&[site.source.plain_port(), site.line.port()]);
    let begun = Instant::now();
    site.start().await;
    site.until_complete(number / 5, DONE).await;
    dies.kill9();
    site.until_complete(number * 2 / 5, DONE).await;
    stands_still.freeze();
    let taken_from_it = |nodes: &[NodeRow]| {
        let still = nodes.iter().find(|node| node.state == NodeState::Silent && node.kept_connections > 0);
        still.is_some_and(|node| node.mailboxes.is_empty())
    };
    site.until("its mailboxes go on elsewhere", TAKEN_OVER + BUSY, taken_from_it).await;
    stands_still.thaw();
    site.until_complete(number, DONE * 4).await;
    let took = begun.elapsed();
    let (samples, most) = sampler.end();
    site.assert_same();
    println!("{number} mailboxes in {took:?}; most connections in {samples} samples: {most:?} of {BUDGET}");
    assert!(most.iter().all(|most| *most <= usize::from(BUDGET)), "{most:?}");
    // How much of it is seen in use depends on when it is looked.
    assert!(most.iter().all(|most| *most > usize::from(BUDGET) / 2), "it is used: {most:?}");
    let lost = "SELECT count(*) FROM pass WHERE outcome LIKE '%lease%' OR outcome LIKE '%process that ran%'";
    let lost: u32 = site.postgres.query(lost).expect("counts").parse().expect("a number");
    println!("passes that another node went on with: {lost}");
    assert!(lost >= 2, "both workers were taken something from");
    let doubled = "SELECT count(*) FROM (SELECT folder, target FROM ledger_entry WHERE target IS NOT NULL
        GROUP BY folder, target HAVING count(*) > 1) twice";
    assert_eq!(site.postgres.query(doubled).expect("counts"), "0");
}
