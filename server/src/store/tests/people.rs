//! Admins, sessions, the first set-up, the activity log.

use shared::{audit::ActivityQuery, auth::Role, id::AdminId, time::Timestamp};

use super::{on_both, sample::NOON, setting::Setting};
use crate::store::{
    AdminEdit, Store, StoreError,
    sessions::{SESSION_IDLE_MILLIS, SESSION_LIFE_MILLIS},
};

const HASH: &str = "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHQ$aGFzaA";

async fn admin(store: &Store, name: &str, role: Role) -> AdminId {
    store.create_admin(name, HASH, role, NOON).await.expect("an admin")
}

async fn seen(store: &Store, token: u8, now: Timestamp, active: bool) -> bool {
    store.session([token; 32], now, active).await.expect("looks").is_some()
}

async fn a_login_name_is_one_name_in_any_case(setting: &Setting) {
    let store = &setting.store;
    assert!(!store.has_admin().await.expect("looks"));
    let id = admin(store, "Ängström", Role::Owner).await;
    assert!(store.has_admin().await.expect("looks"));
    let again = store.create_admin("äNGSTRÖM", HASH, Role::Auditor, NOON).await;
    assert!(matches!(again, Err(StoreError::Taken(_))));
    let login = store.admin_login("ÄNGSTRÖM").await.expect("looks").expect("is known");
    assert_eq!((login.id, login.name.as_str(), login.password_hash.as_str()), (id, "Ängström", HASH));
    assert!(!format!("{login:?}").contains("argon2"), "a hash is not shown");
    assert!(store.admin_login("nobody").await.expect("looks").is_none());

    store.record_login(id, NOON).await.expect("records");
    let rows = store.admins().await.expect("lists");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].last_login, Some(NOON));
}

async fn the_last_owner_who_may_log_in_stays_one(setting: &Setting) {
    let store = &setting.store;
    let first = admin(store, "first", Role::Owner).await;
    let second = admin(store, "second", Role::Operator).await;
    for edit in [
        AdminEdit { role: Some(Role::Operator), ..AdminEdit::default() },
        AdminEdit { enabled: Some(false), ..AdminEdit::default() },
    ] {
        assert!(matches!(store.edit_admin(first, &edit).await, Err(StoreError::Conflict(_))));
    }
    store
        .edit_admin(second, &AdminEdit { role: Some(Role::Owner), ..AdminEdit::default() })
        .await
        .expect("promotes");
    store
        .edit_admin(first, &AdminEdit { enabled: Some(false), ..AdminEdit::default() })
        .await
        .expect("disables");
    assert!(!store.admin(first).await.expect("is there").enabled);
    let demoted =
        store.edit_admin(second, &AdminEdit { role: Some(Role::Auditor), ..AdminEdit::default() }).await;
    assert!(matches!(demoted, Err(StoreError::Conflict(_))), "the other owner may not log in");
    assert!(matches!(store.delete_admin(second).await, Err(StoreError::Conflict(_))));
    store.delete_admin(first).await.expect("removes");
    for gone in [store.admin(first).await.map(drop), store.delete_admin(first).await] {
        assert!(matches!(gone, Err(StoreError::NotFound(_))));
    }
}

async fn a_session_ends_when_idle_and_after_its_life(setting: &Setting) {
    let store = &setting.store;
    let id = admin(store, "anna", Role::Operator).await;
    store.create_session([1; 32], id, NOON).await.expect("a session");
    let admin = store.session([1; 32], NOON, true).await.expect("looks").expect("is there");
    assert_eq!((admin.id, admin.name.as_str(), admin.role), (id, "anna", Role::Operator));

    // A live stream looks in, too, and keeps nothing alive.
    let later = NOON.plus_millis(SESSION_IDLE_MILLIS - 1);
    assert!(seen(store, 1, later, false).await);
    assert!(!seen(store, 1, later.plus_millis(1), false).await, "idle for too long");

    // Active all the time, it still ends.
    store.create_session([2; 32], id, NOON).await.expect("a session");
    let mut now = NOON;
    while now.plus_millis(SESSION_IDLE_MILLIS / 2) < NOON.plus_millis(SESSION_LIFE_MILLIS) {
        now = now.plus_millis(SESSION_IDLE_MILLIS / 2);
        assert!(seen(store, 2, now, true).await, "{now}");
    }
    assert!(!seen(store, 2, NOON.plus_millis(SESSION_LIFE_MILLIS), true).await);

    store.sweep_sessions(now).await.expect("sweeps");
    assert_eq!(setting.number("SELECT COUNT(*) FROM session").await, 1);
}

async fn sessions_end_by_logout_by_change_and_by_too_many(setting: &Setting) {
    let store = &setting.store;
    let id = admin(store, "anna", Role::Owner).await;
    admin(store, "other", Role::Owner).await;
    for token in 1..=6 {
        store.create_session([token; 32], id, NOON.plus_millis(i64::from(token))).await.expect("a session");
    }
    let now = NOON.plus_millis(10);
    assert!(!seen(store, 1, now, true).await, "the sixth session ended the first");
    assert!(seen(store, 2, now, true).await);
    store.end_session([2; 32]).await.expect("ends");
    assert!(!seen(store, 2, now, true).await);
    assert!(seen(store, 5, now, true).await);
    assert!(seen(store, 6, now, true).await);
    store
        .edit_admin(id, &AdminEdit { enabled: Some(false), ..AdminEdit::default() })
        .await
        .expect("disables");
    assert!(!seen(store, 6, now, true).await);
    store.create_session([7; 32], id, NOON).await.expect("a session");
    assert!(!seen(store, 7, now, true).await, "a disabled admin has no session");
}

async fn of_many_set_ups_with_one_token_one_wins(setting: &Setting) {
    let store = &setting.store;
    let expires = NOON.plus_millis(1000);
    store.put_setup_token([1; 32], expires).await.expect("keeps");
    store.put_setup_token([2; 32], expires).await.expect("keeps");
    let set_up = |token: u8, now| store.create_first_owner([token; 32], "owner", HASH, now);
    assert!(set_up(1, NOON).await.expect("asks").is_none(), "an older token is void");
    assert!(set_up(2, expires).await.expect("asks").is_none(), "an expired token is void");

    let races = (0..20).map(|number| {
        let store = store.clone();
        let name = format!("owner{number}");
        tokio::spawn(async move { store.create_first_owner([2; 32], &name, HASH, NOON).await })
    });
    let mut winners = 0;
    for race in races.collect::<Vec<_>>() {
        winners += usize::from(race.await.expect("runs").expect("asks").is_some());
    }
    assert_eq!(winners, 1);
    let admins = store.admins().await.expect("lists");
    assert_eq!(admins.iter().map(|admin| admin.role).collect::<Vec<_>>(), [Role::Owner]);

    store.put_setup_token([3; 32], expires).await.expect("keeps");
    assert!(set_up(3, NOON).await.expect("asks").is_none(), "there is an admin already");
}

async fn the_activity_log_is_read_newest_first_page_by_page(setting: &Setting) {
    let store = &setting.store;
    for number in 0..205 {
        store.log_activity("anna", "job.start", &format!("mailbox {number}\0")).await.expect("writes");
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page =
            store.activity(&ActivityQuery { before, ..ActivityQuery::default() }).await.expect("reads");
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 100);
        before = Some(last.id);
        seen.extend(page.into_iter().map(|row| row.subject));
    }
    assert_eq!(seen.len(), 205);
    assert_eq!((seen[0].as_str(), seen[204].as_str()), ("mailbox 204\u{fffd}", "mailbox 0\u{fffd}"));
}

on_both! {
    a_login_name_is_one_name_in_any_case,
    the_last_owner_who_may_log_in_stays_one,
    a_session_ends_when_idle_and_after_its_life,
    sessions_end_by_logout_by_change_and_by_too_many,
    of_many_set_ups_with_one_token_one_wins,
    the_activity_log_is_read_newest_first_page_by_page,
}
