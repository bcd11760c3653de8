//! Servers of known products (edge cases 64, 65, 72, 81, 83): what is left out on the way out of them, and how they are
//! written to.

use shared::{cause::Cause, endpoint::Preset, finding::Severity, pass::PassKind, report::Verdict};

use crate::testing::{
    clock,
    mailbox::Mailbox,
    scene::{Scene, of, verdict},
};

/// The folders of a scene's target, with how many messages each holds.
fn there(scene: &Scene) -> String {
    let target = scene.target.mailbox();
    let folders = target
        .folders
        .iter()
        .map(|(name, folder)| format!("{}={}", name.escape_ascii(), folder.messages.len()));
    folders.collect::<Vec<_>>().join(" ")
}

#[test]
fn edge_064_edge_065_outlooks_own_folders_stay_on_exchange_and_are_counted() {
    clock::run(async {
        let source = "INBOX: a | Calendar: b c | Sync Issues: | Sync Issues/Conflicts: d | Work: e";
        let scene = Scene::new(source, "INBOX:").await;
        scene.source.habits(|habits| habits.name = "Microsoft.Exchange.Imap4.Imap4Server");
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(there(&scene), "INBOX=1 Work=1");
        let left = of(&outcome, Cause::FolderExcluded);
        assert!(left.iter().all(|finding| finding.severity == Severity::Info));
        let told: Vec<_> = left.iter().map(|finding| finding.detail.as_str()).collect();
        assert!(
            told[0].ends_with("It holds 2 messages.") && told[2].ends_with("It holds 1 message."),
            "{told:?}"
        );
        assert_eq!(verdict(&outcome), Verdict::Perfect);
        scene.check_the_source_is_untouched();
        scene.check_another_pass_stores_nothing().await;
    });
}

#[test]
fn a_chosen_product_counts_more_than_the_servers_own_words() {
    clock::run(async {
        let scene = Scene::new("INBOX: a | Outbox: b", "INBOX:").await;
        scene.source.habits(|habits| habits.name = "Microsoft.Exchange.Imap4.Imap4Server");
        let mut order = scene.order(PassKind::Initial);
        let shared::endpoint::Endpoint::Imap(imap) = &mut order.source.endpoint;
        imap.preset = Some(Preset::Generic);
        scene.run(order).await;
        assert_eq!(there(&scene), "INBOX=1 Outbox=1");
    });
}

#[test]
fn edge_081_edge_083_gmails_views_stay_behind_by_their_use_and_chats_by_their_name() {
    clock::run(async {
        let mut source = Mailbox::written(
            "INBOX: a | [Google Mail]/Alle Nachrichten: a b | [Google Mail]/Chats: c | [Google Mail]/Gesendet: d \
             | [Google Mail]/Markiert: a | [Google Mail]/Wichtig: a | Label: e",
        );
        for (name, attribute) in [
            ("[Google Mail]/Alle Nachrichten", "\\All"),
            ("[Google Mail]/Gesendet", "\\Sent"),
            ("[Google Mail]/Markiert", "\\Flagged"),
            ("[Google Mail]/Wichtig", "\\Important"),
        ] {
            source.folder(name).attributes.push(attribute.into());
        }
        source.add("[Google Mail]").attributes.push("\\Noselect".into());
        let scene = Scene::of(source, Mailbox::written("INBOX: | Sent:")).await;
        scene.source.habits(|habits| habits.name = "GImap");
        scene.target.change(|target| target.folder("Sent").attributes.push("\\Sent".into()));
        let outcome = scene.pass(PassKind::Initial).await;
        assert_eq!(there(&scene), "INBOX=1 Label=1 Sent=1");
        assert_eq!(of(&outcome, Cause::FolderVirtual).len(), 2);
        assert_eq!(of(&outcome, Cause::FolderAllMail).len(), 1, "what is only archived is told of");
        assert_eq!(of(&outcome, Cause::FolderExcluded).len(), 1);
    });
}

#[test]
fn edge_072_zimbra_is_not_asked_for_25_folders_in_a_row() {
    clock::run(async {
        let folders: Vec<_> = (1..=60).map(|number| format!("folder {number}: m{number}")).collect();
        let scene = Scene::new(&format!("INBOX: | {}", folders.join(" | ")), "INBOX:").await;
        scene.target.habits(|habits| habits.name = "Zimbra 10.0.1");
        scene.finish().await;
        let (mut row, mut longest, mut creates) = (0, 0, 0);
        for line in scene.target.log() {
            let create = line.starts_with("CREATE");
            creates += usize::from(create);
            row = if create { row + 1 } else { 0 };
            longest = longest.max(row);
        }
        assert_eq!(creates, 60);
        assert!(longest < 25, "{longest} in a row");
    });
}

#[test]
fn edge_065_every_folder_outlook_keeps_house_in_stays_behind_with_its_count() {
    clock::run(async {
        let house = [
            "Sync Issues",
            "Sync Issues/Conflicts",
            "Sync Issues/Local Failures",
            "Sync Issues/Server Failures",
            "Conversation History",
            "RSS Feeds",
            "Outbox",
            "Recoverable Items",
            "Recoverable Items/Deletions",
        ];
        let full: Vec<String> = house.iter().map(|name| format!("{name}: x y~ z")).collect();
        let source = format!("INBOX: a | Conflicts: b | {}", full.join(" | "));
        for preset in [Preset::Exchange, Preset::Microsoft365] {
            let scene = Scene::new(&source, "INBOX:").await;
            let mut order = scene.order(PassKind::Initial);
            let shared::endpoint::Endpoint::Imap(imap) = &mut order.source.endpoint;
            imap.preset = Some(preset);
            let outcome = scene.run(order).await;
            // A folder of the user's own that is only called like one of them moves.
            assert_eq!(there(&scene), "Conflicts=1 INBOX=1");
            let left = of(&outcome, Cause::FolderExcluded);
            let told: Vec<String> = left
                .iter()
                .map(|finding| finding.subject.folder.as_ref().map(ToString::to_string).unwrap_or_default())
                .collect();
            assert_eq!(told.len(), house.len(), "{told:?}");
            assert!(house.iter().all(|name| told.contains(&name.replace('/', " / "))), "{told:?}");
            assert!(left.iter().all(|finding| finding.detail.ends_with("It holds 3 messages.")), "{left:?}");
            assert_eq!(verdict(&outcome), Verdict::Perfect);
        }
    });
}

#[test]
fn edge_148_edge_149_zimbra_has_one_reader_and_never_more_than_four_connections_of_a_mailbox() {
    clock::run(async {
        for name in ["Zimbra 10.0.1", "Carbonio"] {
            let full: Vec<String> = (1..=40).map(|number| format!("m{number}")).collect();
            let folders: Vec<String> =
                (1..=6).map(|folder| format!("F{folder}: {}", full.join(" "))).collect();
            let scene = Scene::new(&format!("INBOX: a | {}", folders.join(" | ")), "INBOX:").await;
            for side in [&scene.source, &scene.target] {
                side.habits(|habits| habits.name = name);
            }
            // A look at what may have arrived opens one more connection.
            scene.target.light_on("APPEND", crate::testing::server::Fuse::After(30));
            scene.finish().await;
            scene.check_all_is_there();
            // One for all of a pass, and perhaps one that was just given up and not closed yet.
            assert!(scene.source.most_connections() <= 2, "{}", scene.source.most_connections());
            assert!(scene.target.most_connections() <= 4, "{}", scene.target.most_connections());
        }
    });
}
