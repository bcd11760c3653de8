//! Connections of all nodes together, counted from outside.

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
    let begun = std::time::Instant::now();
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
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
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
