//! What servers show their admins, and what is never done to find out.

use std::sync::Arc;

use shared::endpoint::{Endpoint, Login};

use super::{Accounts, DiscoverError, accounts};
use crate::{
    account::Account,
    ask,
    guest::Gate,
    testing::{
        clock,
        mailbox::Mailbox,
        server::{ADMIN, Fuse, Server},
    },
};

/// Whose tops begin with `user/`, as Cyrus shows its admins.
const SLASHED: [&str; 3] = ["", "(\"user/\" \"/\")", "(\"\" \"/\")"];
const DOTTED: [&str; 3] = ["", "(\"user.\" \".\")", "(\"\" \".\")"];

/// A server that lets its admin in, and shows it these folders.
async fn server(folders: &str, namespaces: [&'static str; 3]) -> Server {
    Server::start(Mailbox::written(folders)).await.with(|habits| {
        habits.admin_enters = true;
        habits.namespaces = namespaces;
        habits.separator = Some(if namespaces == DOTTED { '.' } else { '/' });
    })
}

fn admins(server: &Server) -> Account {
    let mut account = server.account();
    let Endpoint::Imap(endpoint) = &mut account.endpoint;
    endpoint.login = Login::AuthorizationId { admin: ADMIN.into() };
    account
}

async fn found(server: &Server) -> Accounts {
    accounts(&admins(server)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Why there are none.
async fn none(server: &Server) -> String {
    match accounts(&admins(server)).await {
        Err(error @ DiscoverError::NoneListed { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_admin_finds_every_account_with_an_inbox_and_opens_none() {
    clock::run(async {
        let server = server(
            "user/dora: | user/anna@x.example: a | user/anna@x.example: | user/anna/Sent@x.example: | user/bert: \
             | user/bert/Sent: | user/ghost/Sent: | user/b&APY-: | Public:",
            SLASHED,
        )
        .await;
        let names = ["anna@x.example", "bert", "bö", "dora"].map(str::to_owned).to_vec();
        assert_eq!(
            found(&server).await,
            Accounts { names, left_out: 1 },
            "the ghost has folders and no inbox"
        );
        let log = server.log();
        assert!(log.ends_with(&["NAMESPACE".into(), "LIST \"\" \"user/%\"".into()]), "{log:?}");
        assert_eq!((server.heard("LOGIN \"root\""), server.heard("LIST")), (1, 1), "{log:?}");
    });
}

#[test]
fn with_dots_between_folders_a_dot_of_a_name_is_written_otherwise() {
    clock::run(async {
        let server = server("user.anna^berg: | user.anna^berg.Sent: | user.bert:", DOTTED).await;
        assert_eq!(found(&server).await.names, ["anna.berg", "bert"]);
        assert_eq!(server.heard("LIST"), 1);
    });
}

#[test]
fn with_dots_between_folders_accounts_of_domains_are_found_among_all_folders() {
    clock::run(async {
        let folders =
            "user.anna^b@x.example: | user.anna^b.Sent@x.example: | user.bert: | user.bert.me@home:";
        let server = server(folders, DOTTED).await;
        let names = ["anna.b@x.example", "bert"].map(str::to_owned).to_vec();
        assert_eq!(found(&server).await, Accounts { names, left_out: 0 });
        assert_eq!(server.heard("LIST \"\" \"user.*\""), 1);
    });
}

#[test]
fn names_that_nobody_can_have_are_left_out_and_those_that_look_odd_are_kept() {
    clock::run(async {
        let server = server("INBOX:", SLASHED).await;
        let long = "x".repeat(300);
        let answer = format!(
            "* LIST () \"/\" \"user/a \\\"b\\\"\"\r\n* LIST () \"/\" {{8}}\r\nuser/o\"x\r\n* LIST () \"/\" \"user/b\u{7}ell\"\r\n\
             * LIST () \"/\" \"user/=1+1\"\r\n* LIST () \"/\" user/{long}\r\n* LIST () \"/\" user/carl/Sent\r\n\
             * LIST () \"/\" \"user/\"\r\n* LIST () \"/\" {{9}}\r\nuser/\r\nxx\r\n* LIST () \"/\" elsewhere/dora\r\n\
             * LIST () \"/\" user/anna\r\n* LIST () \"/\" user/anna\r\n{{tag}} OK that is all\r\n"
        );
        server.light_on("LIST", Fuse::Says(1, answer.into_bytes()));
        let names = ["=1+1", "a \"b\"", "anna", "o\"x"].map(str::to_owned).to_vec();
        assert_eq!(found(&server).await, Accounts { names, left_out: 3 });
    });
}

#[test]
fn more_names_than_anybody_has_are_refused_and_not_kept() {
    clock::run(async {
        let server = server("INBOX:", SLASHED).await;
        let mut answer: String =
            (0..=200_000).map(|number| format!("* LIST () \"/\" user/{number}\r\n")).collect();
        answer.push_str("{tag} OK that is all\r\n");
        server.light_on("LIST", Fuse::Says(1, answer.into_bytes()));
        let error = accounts(&admins(&server)).await.expect_err("is refused");
        assert!(matches!(&error, DiscoverError::TooMany(_)), "{error:?}");
        assert!(error.to_string().contains("more than 200000 accounts"), "{error}");
    });
}

#[test]
fn a_server_that_shows_no_accounts_says_what_was_seen_and_what_to_do() {
    clock::run(async {
        let server = server("INBOX:", ["(\"\" \"/\")", "", ""]).await;
        let told = none(&server).await;
        assert!(told.contains("lists no accounts for the login root: it names no place"), "{told}");
        assert!(told.contains("`doveadm user '*'`"), "{told}");
        server.habits(|habits| habits.namespaces = SLASHED);
        assert!(
            none(&server)
                .await
                .contains("below “user/”, the place for other users' folders, it shows nothing")
        );
        server.change(|mailbox| {
            mailbox.add("user/anna/Team");
        });
        assert!(
            none(&server).await.contains("it shows 1 names, and none with an inbox"),
            "only shared folders"
        );
        server.habits(|habits| habits.instead = vec![("LIST", "NO not for you")]);
        assert!(none(&server).await.contains("“not for you”"));
        server.habits(|habits| habits.instead = vec![("NAMESPACE", "BAD what?")]);
        assert!(none(&server).await.contains("“what?”"));
        server.habits(|habits| habits.cannot(&["NAMESPACE"]));
        assert!(none(&server).await.contains("it has no NAMESPACE"));
        // A place without a name would show the admin's own folders.
        server.habits(|habits| {
            habits.capabilities.push("NAMESPACE");
            (habits.instead, habits.namespaces[1]) = (Vec::new(), "(\"\" \"/\")");
        });
        assert!(none(&server).await.contains("it names no place"));
    });
}

#[test]
fn a_server_that_wants_patience_is_not_said_to_have_no_accounts() {
    clock::run(async {
        let server = server("user/anna:", SLASHED).await;
        server.habits(|habits| habits.instead = vec![("LIST", "NO [UNAVAILABLE] try later")]);
        let account = admins(&server);
        let error = accounts(&account).await.expect_err("it cannot be asked");
        assert!(matches!(&error, DiscoverError::Failed(_)), "{error:?}");
        assert!(account.gate.waits().is_some(), "and everybody hears of it");
    });
}

#[test]
fn where_each_mailbox_has_its_own_login_nobody_is_asked() {
    clock::run(async {
        let server = server("user/anna:", SLASHED).await;
        for login in [Login::Password, Login::Token { client: None }] {
            let mut account = server.account();
            let Endpoint::Imap(endpoint) = &mut account.endpoint;
            endpoint.login = login;
            assert!(matches!(accounts(&account).await, Err(DiscoverError::NoAdmin)));
        }
        assert_eq!(server.log(), Vec::<String>::new());
    });
}

#[test]
fn a_refused_admin_is_not_sent_again_before_a_mailbox_was_tried_and_never_told_its_password() {
    clock::run(async {
        let server = server("user/anna:", SLASHED).await;
        let mut account = admins(&server);
        account.secret = "wrong-canary".into();
        for before in [false, true, true] {
            let error = accounts(&account).await.expect_err("is refused");
            assert!(matches!(&error, DiscoverError::Refused(_)), "{error:?}");
            let told = error.to_string();
            assert!(told.contains("`doveadm user '*'`") && !told.contains("canary"), "{told}");
            assert_eq!(told.contains("test a mailbox first"), before, "{told}");
        }
        assert_eq!(server.heard("LOGIN"), 1);
        // It is the password that opens every mailbox, too: that is tried once.
        for _ in 0..2 {
            assert!(ask::knock(&account, shared::check::Side::Source).await.is_err());
        }
        let held = accounts(&account).await.expect_err("is held");
        assert!(held.to_string().contains("not tried again after two refusals"), "{held}");
        assert_eq!((server.heard("LOGIN"), server.heard("AUTHENTICATE")), (1, 1));
        // Another password is another chance.
        account.secret = admins(&server).secret;
        accounts(&account).await.expect("are listed");
    });
}

#[test]
fn an_admin_who_opens_mailboxes_and_is_not_let_in_for_itself_holds_nobody_up() {
    clock::run(async {
        let server = server("INBOX:", SLASHED).await;
        server.habits(|habits| habits.admin_enters = false);
        let account = admins(&server);
        ask::knock(&account, shared::check::Side::Source).await.expect("opens");
        for _ in 0..3 {
            let error = accounts(&account).await.expect_err("it is not let in");
            assert!(matches!(&error, DiscoverError::NoneListed { .. }), "{error:?}");
            assert!(error.to_string().contains("does not let this admin in for itself"), "{error}");
        }
        ask::knock(&account, shared::check::Side::Source).await.expect("opens as before");
    });
}

#[test]
fn finding_the_accounts_takes_back_a_refusal_and_proves_nothing_of_mailboxes() {
    clock::run(async {
        let server = server("user/anna: | INBOX:", SLASHED).await;
        let mut account = admins(&server);
        account.gate = Gate::unlimited();
        let ghost = Account { user: "ghost".into(), ..account.clone() };
        for _ in 0..3 {
            assert!(ask::knock(&ghost, shared::check::Side::Source).await.is_err());
            accounts(&account).await.expect("are listed");
        }
        let key = account.login_key();
        assert_eq!(Arc::clone(&account.gate).opened(&key, &account.secret), None);
    });
}
