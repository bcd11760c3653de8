//! A node that cannot be heard, or cannot hear: cut off from the database, standing still, or with a wrong clock.

use std::time::{Duration, Instant};

use servers::proxy::Proxy;
use shared::{
    node::{NodeRow, NodeState},
    pass::PassEnd,
    report::Report,
    time::Timestamp,
};
use tests::{connections::connections, worker::Worker};

use super::{BUSY, LEASE, Site, TAKEN_OVER, at_work, moved_by};

#[tokio::test]
async fn l2_a_node_that_is_cut_off_from_the_database_closes_its_connections_before_its_lease_is_over() {
    let site = Site::new(1, 250).await;
    let cable = Proxy::start(site.postgres.port()).expect("starts");
    let through = site.postgres.url().replace(&site.postgres.port().to_string(), &cable.port().to_string());
    let _cut = Worker::start(&site.app, &through, &["--lease-seconds", LEASE]);
    let cut = site.workers(1).await[0];
    site.start().await;
    site.under_way().await;
    assert!(connections(site.line.port()) > 0);
    cable.stall(true);
    let begun = Instant::now();
    while connections(site.line.port()) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it goes on without a lease");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = begun.elapsed();
    println!("connections closed {took:?} after the cut, with leases of 4 s");
    assert!(took < Duration::from_secs(4), "{took:?}");
    let _other = site.worker(2);
    let others = |nodes: &[NodeRow]| at_work(nodes).into_iter().find(|id| *id != cut);
    let moves = |nodes: &[NodeRow]| others(nodes).is_some_and(|other| moved_by(nodes, other) == 1);
    site.until("another takes over", TAKEN_OVER + BUSY, moves).await;
    cable.stall(false);
    cable.cut();
    site.until("it is heard again", BUSY * 6, |nodes| {
        nodes
            .iter()
            .any(|node| node.id == cut && node.state == NodeState::Working && node.kept_connections == 0)
    })
    .await;
    site.all_arrive().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l5_passes_outlive_a_restart_of_postgresql() {
    let mut site = Site::new(2, 200).await;
    let _one = site.worker(1);
    let _two = site.worker(1);
    site.workers(2).await;
    site.start().await;
    site.under_way().await;
    for away in [Duration::ZERO, Duration::from_secs(7)] {
        tokio::task::block_in_place(|| site.postgres.restart(away)).expect("starts again");
        site.under_way().await;
    }
    site.all_arrive().await;
    for job in &site.jobs {
        let passes = site.client.job(*job).await.passes;
        println!("{:?}", passes.iter().map(|pass| &pass.end).collect::<Vec<_>>());
        let running = passes.iter().filter(|pass| pass.ended.is_none()).count();
        assert_eq!(running, 0, "{passes:?}");
    }
}

#[tokio::test]
async fn k5_a_node_that_stood_still_past_its_lease_writes_nothing_when_it_wakes_up() {
    let site = Site::new(1, 300).await;
    let mut still = site.worker(1);
    let frozen = site.workers(1).await[0];
    site.start().await;
    site.under_way().await;
    let _other = site.worker(1);
    let other = site.workers(2).await.into_iter().find(|id| *id != frozen).expect("another");
    still.freeze();
    site.until("another takes over", TAKEN_OVER + BUSY, |nodes| moved_by(nodes, other) == 1).await;
    let silent = site.nodes().await.into_iter().find(|node| node.id == frozen).expect("listed");
    assert_eq!((silent.state, silent.kept_connections), (NodeState::Silent, 2), "one on each side");
    site.under_way().await;
    still.thaw();
    site.until("it gives its connections back", BUSY * 3, |nodes| {
        nodes
            .iter()
            .any(|node| node.id == frozen && node.state == NodeState::Working && node.kept_connections == 0)
    })
    .await;
    assert!(still.ended().is_none(), "{}", still.log());
    site.all_arrive().await;
    assert!(still.whole_log().contains("another process took the job over"), "{}", still.log());
}

#[tokio::test]
async fn l6_nodes_whose_clocks_are_wrong_by_an_hour_work_as_if_they_were_right() {
    let library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
    assert!(std::path::Path::new(library).exists(), "libfaketime is not installed: apt-get install faketime");
    let site = Site::new(4, 100).await;
    let workers: Vec<_> = ["+1h", "-1h"]
        .into_iter()
        .map(|wrong| {
            let arguments = ["--lease-seconds", LEASE, "--workers", "2"];
            Worker::start_as(&site.app, &site.postgres.url(), &arguments, |command| {
                command.env("LD_PRELOAD", library).env("FAKETIME", wrong);
                command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            })
        })
        .collect();
    let ids = site.workers(2).await;
    site.start().await;
    site.until("both work", BUSY * 4, |nodes| ids.iter().all(|id| moved_by(nodes, *id) > 0)).await;
    // Longer than a lease lasts.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(site.nodes().await.iter().all(|node| node.state != NodeState::Silent));
    site.all_arrive().await;
    let (mut began, mut wrong) = (Vec::new(), Vec::new());
    for job in &site.jobs {
        let passes = site.client.job(*job).await.passes;
        assert!(
            passes.len() == 1 && passes[0].end == Some(PassEnd::Finished),
            "nobody took anything from anybody: {passes:?}"
        );
        began.extend([Some(passes[0].started), passes[0].ended].into_iter().flatten().map(Timestamp::millis));
        let report = site.client.get(&format!("/jobs/{job}/report?format=json")).await.expect(200);
        wrong.push(report.read::<Report>().created.millis());
    }
    let apart = |times: &[i64]| times.iter().max().expect("some") - times.iter().min().expect("some");
    // Their clocks are indeed wrong: it shows in what they write down themselves, not in history.
    assert!(apart(&wrong) > 3_600_000, "the clocks were not wrong: {} ms apart", apart(&wrong));
    assert!(apart(&began) < 600_000, "history goes by one clock: {} ms apart", apart(&began));
    drop(workers);
}
