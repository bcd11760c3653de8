//! The audit log: append only, sealed line by line, by several nodes at once.

use shared::audit::{ActivityQuery, Outcome};

use super::{on_both, setting::Setting};
use crate::{audit::Deed, store::Store};

async fn write(store: &Store, who: &str, action: &str, outcome: Outcome) {
    let deed = Deed { who, action, subject: "Move 100% of_it", address: Some("192.0.2.1"), outcome };
    store.log(&deed).await.expect("writes");
}

async fn a_line_can_be_neither_changed_nor_removed(setting: &Setting) {
    write(&setting.store, "anna", "job.start", Outcome::Done).await;
    for sql in
        ["UPDATE audit SET who = 'bert'", "DELETE FROM audit", "UPDATE audit SET hash = hash WHERE id = 1"]
    {
        let refused = setting.try_meddle(sql).await.expect_err(sql);
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(setting.number("SELECT COUNT(*) FROM audit").await, 1);
}

async fn what_is_changed_past_the_product_is_found(setting: &Setting) {
    let store = &setting.store;
    for number in 0..5 {
        write(store, &format!("admin{number}"), "job.start", Outcome::Done).await;
    }
    let proof = store.prove_activity(None).await.expect("reads");
    assert_eq!((proof.intact, proof.lines, &proof.broken, proof.holds), (true, 5, &None, None));
    let noted = proof.head;
    let again = store.prove_activity(Some(&noted.to_uppercase())).await.expect("reads");
    assert_eq!((again.intact, again.holds), (true, Some(true)));

    // Somebody with every right on the database takes the guards away first.
    setting.without_guards().await;
    setting.meddle("UPDATE audit SET who = 'nobody else' WHERE id = 3").await;
    let proof = store.prove_activity(None).await.expect("reads");
    assert_eq!((proof.intact, proof.lines, proof.broken.map(|line| line.id)), (false, 2, Some(3)));
    setting.meddle("UPDATE audit SET who = 'admin2' WHERE id = 3").await;
    assert!(store.prove_activity(None).await.expect("reads").intact, "put back as it was");

    setting.meddle("DELETE FROM audit WHERE id = 2").await;
    let proof = store.prove_activity(None).await.expect("reads");
    assert_eq!(proof.broken.map(|line| line.id), Some(2));
}

async fn lines_cut_off_at_the_end_show_by_a_hash_that_was_noted(setting: &Setting) {
    let store = &setting.store;
    for _ in 0..3 {
        write(store, "anna", "job.start", Outcome::Done).await;
    }
    let noted = store.prove_activity(None).await.expect("reads").head;
    setting.without_guards().await;
    setting.meddle("DELETE FROM audit WHERE id = 3").await;
    assert!(store.prove_activity(None).await.expect("reads").intact, "a shorter chain is a chain");
    let proof = store.prove_activity(Some(&noted)).await.expect("reads");
    assert_eq!((proof.intact, proof.holds), (false, Some(false)));
}

async fn several_nodes_write_one_chain(setting: &Setting) {
    let other = setting.again().await.expect("opens");
    let nodes = [setting.store.clone(), other];
    let writers = (0..8).map(|number| {
        let store = nodes[number % 2].clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                write(&store, &format!("admin{number}"), "job.start", Outcome::Done).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("writes");
    }
    let proof = nodes[1].prove_activity(None).await.expect("reads");
    assert_eq!((proof.intact, proof.lines), (true, 80));
}

async fn lines_are_found_by_who_what_outcome_and_words(setting: &Setting) {
    let store = &setting.store;
    write(store, "anna", "job.start", Outcome::Done).await;
    write(store, "anna", "project.delete", Outcome::Refused).await;
    write(store, "bert", "job.pause", Outcome::Done).await;
    let found = async |filter: ActivityQuery| {
        let rows = store.activity(&filter).await.expect("reads");
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let any = ActivityQuery::default;
    assert_eq!(found(any()).await, [3, 2, 1]);
    assert_eq!(found(ActivityQuery { who: Some("anna".into()), ..any() }).await, [2, 1]);
    assert_eq!(found(ActivityQuery { action: Some("job.".into()), ..any() }).await, [3, 1]);
    assert_eq!(found(ActivityQuery { outcome: Some(Outcome::Refused), ..any() }).await, [2]);
    assert_eq!(found(ActivityQuery { text: Some("100% OF_".into()), ..any() }).await, [3, 2, 1]);
    assert!(found(ActivityQuery { text: Some("1_0".into()), ..any() }).await.is_empty());
    assert_eq!(store.activity(&any()).await.expect("reads")[0].address.as_deref(), Some("192.0.2.1"));
}

async fn older_activity_is_taken_over_once(setting: &Setting) {
    setting
        .meddle("INSERT INTO activity (at, who, action, subject) VALUES (1, 'old', 'setup', 'one'), (2, 'old', 'x', 'two')")
        .await;
    for _ in 0..2 {
        let store = setting.again().await.expect("opens");
        let rows = store.activity(&ActivityQuery::default()).await.expect("reads");
        assert_eq!(rows.iter().map(|row| row.subject.as_str()).collect::<Vec<_>>(), ["two", "one"]);
        assert!(store.prove_activity(None).await.expect("reads").intact);
    }
}

on_both! {
    a_line_can_be_neither_changed_nor_removed,
    what_is_changed_past_the_product_is_found,
    lines_cut_off_at_the_end_show_by_a_hash_that_was_noted,
    several_nodes_write_one_chain,
    lines_are_found_by_who_what_outcome_and_words,
    older_activity_is_taken_over_once,
}
