use std::sync::Arc;

use proptest::prelude::*;
use shared::folder::FolderPath;

use super::Remembered;
use crate::{
    ledger::{Entry, EntryState, FolderId, FolderRecord, Ledger},
    model::ItemId,
    testing::ledger::{Fuse, How, MemoryLedger, When},
};

fn folder(name: &str) -> FolderRecord {
    let path = FolderPath::new([name]);
    FolderRecord {
        source: path.clone(),
        target: path,
        role: None,
        source_validity: Some(1),
        bracket: None,
        items: 0,
        bytes: 0,
        compared: None,
    }
}

fn entry(uid: u32, copied: bool) -> Entry {
    let state =
        if copied { EntryState::Copied { target: Some(uid), adopted: false } } else { EntryState::Intended };
    Entry { item: ItemId::Uid(uid), size: 1, fingerprint: None, state, marks: None, deaths: 0 }
}

async fn sorted(ledger: &dyn Ledger, folder: FolderId) -> Vec<Entry> {
    let mut entries = ledger.entries(folder).await.expect("reads");
    entries.sort_by(|a, b| a.item.cmp(&b.item));
    entries
}

/// Something that is done to a ledger.
#[derive(Debug, Clone)]
enum Step {
    List,
    PutFolder(u8),
    Put(u8, Vec<(u32, bool)>),
    Fail(u8, Vec<(u32, bool)>, bool),
    Forget(u8),
    ForgetItems(u8, Vec<u32>),
    Read(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let items = || proptest::collection::vec((1_u32..6, any::<bool>()), 0..4);
    let folder = || 0_u8..3;
    prop_oneof![
        Just(Step::List),
        folder().prop_map(Step::PutFolder),
        (folder(), items()).prop_map(|(folder, items)| Step::Put(folder, items)),
        (folder(), items(), any::<bool>())
            .prop_map(|(folder, items, after)| Step::Fail(folder, items, after)),
        folder().prop_map(Step::Forget),
        (folder(), proptest::collection::vec(1_u32..6, 0..3))
            .prop_map(|(folder, items)| Step::ForgetItems(folder, items)),
        folder().prop_map(Step::Read),
    ]
}

proptest! {
    #[test]
    fn what_is_remembered_is_what_the_ledger_says(steps in proptest::collection::vec(step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let plain = Arc::new(MemoryLedger::default());
            let remembered = Remembered::new(Arc::<MemoryLedger>::clone(&plain));
            let mut ids = std::collections::BTreeMap::new();
            for step in steps {
                let entries = |id: FolderId, items: Vec<(u32, bool)>| -> Vec<(FolderId, Entry)> {
                    items.into_iter().map(|(uid, copied)| (id, entry(uid, copied))).collect()
                };
                match step {
                    Step::List => _ = remembered.folders().await.expect("lists"),
                    Step::PutFolder(name) => {
                        let put = remembered.put_folders(&[folder(&name.to_string())]).await.expect("puts");
                        ids.insert(name, put[0]);
                    }
                    Step::Put(name, items) => {
                        let Some(id) = ids.get(&name) else { continue };
                        remembered.put_entries(&entries(*id, items)).await.expect("puts");
                    }
                    Step::Fail(name, items, after) => {
                        let Some(id) = ids.get(&name) else { continue };
                        let when = if after { When::After } else { When::Before };
                        plain.light(Fuse { write: 1, when, how: How::Fails });
                        remembered.put_entries(&entries(*id, items)).await.expect_err("fails");
                        plain.mend();
                    }
                    Step::Forget(name) => {
                        let Some(id) = ids.get(&name) else { continue };
                        remembered.forget_entries(*id).await.expect("forgets");
                    }
                    Step::ForgetItems(name, uids) => {
                        let Some(id) = ids.get(&name) else { continue };
                        let items: Vec<ItemId> = uids.into_iter().map(ItemId::Uid).collect();
                        remembered.forget_items(*id, &items).await.expect("forgets");
                    }
                    Step::Read(name) => {
                        let Some(id) = ids.get(&name) else { continue };
                        prop_assert_eq!(sorted(&remembered, *id).await, sorted(&*plain, *id).await);
                    }
                }
            }
            for id in ids.values() {
                prop_assert_eq!(sorted(&remembered, *id).await, sorted(&*plain, *id).await);
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_folder_that_was_just_made_is_not_read_back_and_a_large_one_is() {
    let plain = Arc::new(MemoryLedger::default());
    let remembered = Remembered::new(Arc::<MemoryLedger>::clone(&plain));
    remembered.folders().await.expect("lists");
    let id = remembered.put_folders(&[folder("a")]).await.expect("puts")[0];
    let many = |range: std::ops::RangeInclusive<u32>| -> Vec<(FolderId, Entry)> {
        range.map(|uid| (id, entry(uid, true))).collect()
    };
    remembered.put_entries(&many(1..=500)).await.expect("puts");
    assert_eq!(remembered.known.lock().await.entries[&id].len(), 500);
    remembered.put_entries(&many(501..=20_001)).await.expect("puts");
    assert!(remembered.known.lock().await.entries.is_empty());
    assert_eq!(remembered.entries(id).await.expect("reads").len(), 20_001);
}
