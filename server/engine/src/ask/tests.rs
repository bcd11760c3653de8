//! What servers of every kind say of a mailbox, and what is never done to find out.

use shared::{cause::Cause, check::Side, project::Options, rules::Filter};

use super::{knock, source, target};
use crate::{
    model::Allowance,
    testing::{clock, mailbox::Mailbox, server::Server},
};

const FULL: &str = "NO [OVERQUOTA] full";

async fn server(mailbox: &str) -> Server {
    Server::start(Mailbox::written(mailbox)).await
}

/// Bytes of a mailbox's messages.
fn bytes(server: &Server) -> u64 {
    let mailbox = server.mailbox();
    let messages = mailbox.folders.values().flat_map(|folder| &folder.messages);
    messages.map(|message| message.body.len() as u64).sum()
}

#[test]
fn a_source_adds_up_what_is_moved_where_it_can_and_no_folder_is_opened() {
    clock::run(async {
        let server = server("INBOX: a b/4000 | Sent: c/700 | Trash: d/9000").await;
        server.habits(|habits| habits.capabilities.push("STATUS=SIZE"));
        let all = source(&server.account(), &Options::default()).await.expect("answers");
        assert_eq!(all, Some(bytes(&server)));
        let mut options = Options::default();
        options.folders.exclude = vec!["Trash".into()];
        let some = source(&server.account(), &options).await.expect("answers").expect("a number");
        assert!(some + 9000 <= bytes(&server) && some > 4000, "{some}");
        for never in ["SELECT", "EXAMINE", "APPEND", "CREATE", "STORE", "FETCH"] {
            assert_eq!(server.heard(never), 0, "{never}");
        }
    });
}

#[test]
fn a_source_that_cannot_add_up_tells_what_its_quota_counts_or_nothing() {
    clock::run(async {
        let server = server("INBOX: a").await;
        server.habits(|habits| habits.tells_room = Some("STORAGE 7 10"));
        assert_eq!(source(&server.account(), &Options::default()).await.expect("answers"), Some(7 * 1024));
        server.habits(|habits| habits.cannot(&["QUOTA"]));
        assert_eq!(source(&server.account(), &Options::default()).await.expect("answers"), None);
    });
}

#[test]
fn where_messages_are_left_out_by_rule_nobody_says_how_many_bytes_are_moved() {
    clock::run(async {
        let server = server("INBOX: a").await;
        server.habits(|habits| habits.capabilities.push("STATUS=SIZE"));
        let filter = Filter { max_bytes: Some(10), ..Filter::default() };
        let options = Options { filter, ..Options::default() };
        assert_eq!(source(&server.account(), &options).await.expect("answers"), None);
    });
}

#[test]
fn a_target_tells_its_room() {
    clock::run(async {
        let server = server("INBOX:").await;
        assert_eq!(target(&server.account()).await.expect("answers"), None);
        server.habits(|habits| habits.room = Some((4096, FULL)));
        let room = target(&server.account()).await.expect("answers");
        assert_eq!(room, Some(Allowance { used: 0, limit: 4096 }));
    });
}

#[test]
fn a_refused_login_is_counted_for_its_mailbox_alone() {
    clock::run(async {
        let server = server("INBOX:").await;
        let good = server.account();
        let mut bad = good.clone();
        (bad.user, bad.secret) = ("bert@mail.example".into(), "wrong".into());
        for cause in [Cause::LoginRefused, Cause::LoginRefused, Cause::LoginHeld] {
            assert_eq!(target(&bad).await.expect_err("is refused").cause, cause);
        }
        assert_eq!(server.heard("LOGIN"), 2, "it is not sent a third time");
        knock(&good, Side::Target).await.expect("others are let in");
    });
}
