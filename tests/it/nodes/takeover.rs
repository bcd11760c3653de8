//! A node ends, in good order or not: its mailboxes go on elsewhere, and nothing is lost or doubled.

use std::time::{Duration, Instant};

use shared::{live::Phase, node::NodeState, pass::PassEnd};

use super::{BUSY, FOUND, Site, TAKEN_OVER, at_work, moved_by};

#[tokio::test]
async fn l7_a_worker_finds_what_another_process_started_without_a_wake_up() {
    let site = Site::new(1, 10).await;
    let _worker = site.worker(2);
    let id = site.workers(1).await[0];
    // Between two looks, whenever that is.
    tokio::time::sleep(Duration::from_millis(700)).await;
    site.start().await;
    let took = site.until("work is found", FOUND + BUSY, |nodes| moved_by(nodes, id) == 1).await;
    println!("found after {took:?}");
    assert!(took < FOUND, "{took:?}");
    site.all_arrive().await;
}

#[tokio::test]
async fn the_panel_shows_how_a_mailbox_gets_on_that_another_node_moves() {
    let site = Site::new(1, 400).await;
    let _worker = site.worker(1);
    site.workers(1).await;
    site.start().await;
    let begun = Instant::now();
    let mut seen = Vec::new();
    while seen.len() < 2 {
        assert!(begun.elapsed() < BUSY * 12, "nothing is shown: {seen:?}");
        let row = site.client.job(site.jobs[0]).await.row;
        let copying = row.progress.filter(|progress| progress.phase == Phase::Copying);
        if let Some(progress) = copying
            && seen.last() != Some(&progress.items_done)
        {
            assert!(progress.items_total >= 400, "{progress:?}");
            seen.push(progress.items_done);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(seen.is_sorted(), "{seen:?}");
    site.all_arrive().await;
    assert!(site.client.job(site.jobs[0]).await.row.progress.is_none(), "it is over");
}

#[tokio::test]
async fn l8_a_killed_nodes_mailboxes_go_on_elsewhere_and_nothing_is_lost_or_doubled() {
    let site = Site::new(2, 200).await;
    let mut dies = site.worker(2);
    let dead = site.workers(1).await[0];
    site.start().await;
    site.under_way().await;
    let _lives = site.worker(2);
    site.workers(2).await;
    assert_eq!(moved_by(&site.nodes().await, dead), 2);
    dies.kill9();
    let others = |nodes: &[shared::node::NodeRow]| {
        nodes.iter().filter(|node| node.id != dead).map(|node| node.mailboxes.len()).sum::<usize>()
    };
    let took = site.until("others take over", TAKEN_OVER + BUSY, |nodes| others(nodes) == 2).await;
    println!("taken over {took:?} after the kill, with leases of 4 s");
    site.all_arrive().await;
    let view = site.client.job(site.jobs[0]).await;
    let lost = |end: &Option<PassEnd>| matches!(end, Some(PassEnd::Aborted { .. }));
    assert!(view.passes.iter().any(|pass| lost(&pass.end)), "the history tells of it: {:?}", view.passes);
}

#[tokio::test]
async fn l4_a_worker_that_is_killed_and_started_again_on_the_same_machine_loses_and_doubles_nothing() {
    let site = Site::new(2, 150).await;
    let mut first = site.worker(2);
    site.workers(1).await;
    site.start().await;
    site.under_way().await;
    first.kill9();
    let _again = site.worker(2);
    site.until("both are listed", BUSY * 2, |nodes| nodes.len() == 3).await;
    site.all_arrive().await;
    let nodes = site.nodes().await;
    assert_eq!(at_work(&nodes).len(), 1);
    assert!(
        nodes.iter().any(|node| node.state == NodeState::Silent && node.mailboxes.is_empty()),
        "{nodes:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_is_asked_to_end_gives_its_mailboxes_back_at_once() {
    let site = Site::new(2, 200).await;
    let mut ends = site.worker(2);
    let ended = site.workers(1).await[0];
    site.start().await;
    site.under_way().await;
    let _stays = site.worker(2);
    let begun = Instant::now();
    let status = tokio::task::block_in_place(|| ends.stop()).expect("it ends by itself");
    assert!(status.success(), "{status}\n{}", ends.log());
    println!("ended after {:?}", begun.elapsed());
    let gave_back = site.nodes().await.into_iter().find(|node| node.id == ended).expect("listed");
    assert_eq!((gave_back.state, gave_back.mailboxes.len()), (NodeState::Ended, 0));
    site.all_arrive().await;
    for job in &site.jobs {
        let passes = site.client.job(*job).await.passes;
        assert!(
            passes.iter().all(|pass| matches!(pass.end, Some(PassEnd::Paused | PassEnd::Finished))),
            "no lease was lost: {passes:?}"
        );
    }
}

#[tokio::test]
async fn a_drained_node_hands_its_mailboxes_over_and_takes_part_again_when_asked() {
    let site = Site::new(2, 200).await;
    let _one = site.worker(2);
    let drained = site.workers(1).await[0];
    site.start().await;
    site.under_way().await;
    let _two = site.worker(2);
    let other = site.workers(2).await.into_iter().find(|id| *id != drained).expect("another");
    let begun = Instant::now();
    site.client.post(&format!("/nodes/{drained}/drain"), &()).await.expect(204);
    site.until("it runs empty", BUSY * 3, |nodes| {
        nodes.iter().any(|node| node.id == drained && node.state == NodeState::Drained)
    })
    .await;
    println!("empty after {:?}", begun.elapsed());
    site.until("the other goes on", FOUND + BUSY, |nodes| moved_by(nodes, other) == 2).await;
    site.client.post(&format!("/nodes/{other}/drain"), &()).await.expect(204);
    site.client.post(&format!("/nodes/{drained}/undrain"), &()).await.expect(204);
    site.until("it takes part again", BUSY * 4, |nodes| moved_by(nodes, drained) == 2).await;
    site.all_arrive().await;
    let activity = site.client.get("/activity").await.expect(200).text();
    assert!(activity.contains("node.drain") && activity.contains("node.undrain"));
    site.client.post("/nodes/999/drain", &()).await.expect(404);
}
