//! News and the outbox, on both databases, from several nodes.

use shared::{
    auth::Role,
    job::JobAction,
    notify::{NotifyChoice, NotifyForm, NotifySettings, Occasion},
};

use super::{
    on_both,
    sample::{NOON, jobs},
    setting::Setting,
};
use crate::store::Fact;

async fn with_webhook(setting: &Setting) {
    let settings =
        NotifySettings { webhook: Some("https://chat.example/hook".into()), ..NotifySettings::default() };
    let form = NotifyForm { settings, webhook_secret: Some("canary".into()), ..NotifyForm::default() };
    setting.store.set_notify(&form).await.expect("kept");
}

async fn how_projects_stand_is_counted(setting: &Setting) {
    let store = &setting.store;
    let (project, made) = jobs(store, 4, &["anna", "bert"]).await;
    store.apply(made[0], JobAction::Skip).await.expect("left out");
    let standings = store.standings().await.expect("reads");
    assert_eq!(standings.len(), 1);
    let standing = &standings[0];
    assert_eq!((standing.id, standing.jobs, standing.failed, standing.done), (project.0, 2, 0, 1));
    assert!(standing.has_secret);
    store.forget_secrets(project).await.expect("forgets");
    assert!(!store.standings().await.expect("reads")[0].has_secret);
}

async fn of_many_nodes_one_tells(setting: &Setting) {
    with_webhook(setting).await;
    let fact = Fact {
        name: "complete/1".into(),
        value: 1,
        occasion: Occasion::Complete,
        text: "All is done.".into(),
    };
    let tellers = (0..6).map(|_| {
        let (store, fact) = (setting.store.clone(), fact.clone());
        tokio::spawn(async move { store.tell_of(&[fact]).await })
    });
    let mut made = 0;
    for teller in tellers.collect::<Vec<_>>() {
        made += teller.await.expect("runs").expect("tells");
    }
    assert_eq!(made, 1);
    let takers = (0..4).map(|_| {
        let store = setting.store.clone();
        tokio::spawn(async move { store.take_notices().await })
    });
    let mut taken = Vec::new();
    for taker in takers.collect::<Vec<_>>() {
        taken.extend(taker.await.expect("runs").expect("takes"));
    }
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].occasion, taken[0].is_mail), (Occasion::Complete, false));
    // The node that took it died: it is due again when its time is over.
    setting.meddle("UPDATE notice SET next_try = 0").await;
    let again = setting.again().await.expect("opens").take_notices().await.expect("takes");
    assert_eq!(again.len(), 1);
    setting.store.settle_notices(&[&again[0]], true).await.expect("settles");
    assert_eq!(setting.store.waiting_notices().await.expect("counts"), 0);
}

async fn secrets_are_forgotten_with_the_place_they_were_for(setting: &Setting) {
    with_webhook(setting).await;
    assert!(setting.store.notify_view().await.expect("reads").webhook_has_secret);
    let elsewhere =
        NotifySettings { webhook: Some("https://evil.example/".into()), ..NotifySettings::default() };
    let form = NotifyForm { settings: elsewhere, ..NotifyForm::default() };
    setting.store.set_notify(&form).await.expect("kept");
    assert!(!setting.store.notify_view().await.expect("reads").webhook_has_secret);
}

async fn each_admin_is_told_what_they_chose(setting: &Setting) {
    let store = &setting.store;
    let id = store.create_admin("anna", "no hash", Role::Auditor, NOON).await.expect("an admin");
    assert_eq!(store.notify_choice(id).await.expect("reads"), NotifyChoice::default());
    let choice =
        NotifyChoice { address: Some("anna@example.org".into()), occasions: vec![Occasion::DiskLow] };
    for _ in 0..2 {
        store.set_notify_choice(id, &choice).await.expect("kept");
    }
    assert_eq!(store.notify_choice(id).await.expect("reads"), choice);
    store.delete_admin(id).await.expect("removes");
    assert_eq!(
        setting.number("SELECT COUNT(*) FROM notify_choice").await,
        0,
        "the choice goes with the admin"
    );
}

on_both! {
    how_projects_stand_is_counted,
    of_many_nodes_one_tells,
    secrets_are_forgotten_with_the_place_they_were_for,
    each_admin_is_told_what_they_chose,
}
