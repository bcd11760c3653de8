//! Listing only what changed since a folder was listed before (RFC 7162): the messages that came or changed (CHANGEDSINCE,
//! section 3.1.4.1), and where the server can, the ids that are gone (VANISHED, section 3.2.6).

use shared::cause::Cause;

use super::{Look, ROW, Wanted};
use crate::{
    baseline::Baseline,
    error::{ConnectorError, Reach},
    model::{Folder, Inventory},
    wire::imap::{
        connection::{Data, Tag},
        fetch,
        response::{Condition, Value},
        session::{ImapSession, Way},
    },
};

/// Asks for all that came or changed since. What came has a number above those of before, too.
pub(super) fn command(baseline: &Baseline, vanishes: bool) -> String {
    let since = baseline.standing().modseq.unwrap_or(0);
    let vanished = if vanishes { " VANISHED" } else { "" };
    format!("UID FETCH 1:* {ROW} (CHANGEDSINCE {since}{vanished})")
}

impl ImapSession {
    /// Opens folders one after the other and lists all that stands in each. Of those with a baseline only what changed
    /// since is asked for; where that does not come to exactly what the server counts, all is listed.
    pub(crate) async fn look_since(
        &mut self,
        folders: &[(&Folder, Option<&Baseline>)],
        way: Way,
        on: impl FnMut(usize),
    ) -> Result<Vec<Result<Look, ConnectorError>>, ConnectorError> {
        let usable = self.numbers_changes() && !self.changes.refused;
        let mut asked: Vec<(&Folder, Wanted<'_>)> = Vec::with_capacity(folders.len());
        for (folder, baseline) in folders {
            let known = baseline.filter(|baseline| usable && baseline.is_of(folder));
            asked.push((*folder, known.map_or(Wanted::From(1), Wanted::Since)));
        }
        let mut looks = self.look(&asked, way, on).await?;
        let doubtful = |at: &usize| {
            matches!(asked[*at].1, Wanted::Since(_)) && looks[*at].as_ref().is_ok_and(|look| !look.based)
        };
        let doubtful: Vec<usize> = (0..looks.len()).filter(doubtful).collect();
        if doubtful.is_empty() {
            return Ok(looks);
        }
        let whole: Vec<(&Folder, Wanted<'_>)> =
            doubtful.iter().map(|at| (folders[*at].0, Wanted::From(1))).collect();
        for (at, look) in doubtful.into_iter().zip(self.look(&whole, way, |_| {}).await?) {
            looks[at] = look;
        }
        Ok(looks)
    }

    /// Keeps what comes between the question and its end. What was not asked for shows that something goes on in the
    /// folder right now.
    pub(super) fn read_news(&mut self, data: &Data, look: &mut Look) {
        let Look { news, state, .. } = look;
        match data.name.as_str() {
            "FETCH" => {
                let Some(mut fetched) = fetch::read(data, &mut self.keywords) else { return };
                let (uid, flags) = (fetched.uid, fetched.flags.take());
                // Unasked news of flags comes without a size (edge case 12), and has a number the next pass asks for.
                if fetched.size.is_none() {
                    return;
                }
                match (uid, flags.and_then(|flags| super::meta(fetched, flags))) {
                    (Some(uid), Some(item)) => news.row(uid, item),
                    (Some(_) | None, _) => news.doubt("a message without its id or its flags"),
                }
            }
            "VANISHED" => match data.values.as_slice() {
                // `* VANISHED (EARLIER) 41,43:116` answers; without it somebody deletes at this moment.
                [Value::List(_), set] => news.vanished(&set.text().unwrap_or_default()),
                _ => news.doubt("messages that go while it is looked"),
            },
            "EXPUNGE" => news.doubt("messages that go while it is looked"),
            "EXISTS" if data.number != Some(state.exists) => {
                news.doubt("messages that come while it is looked")
            }
            _ => {}
        }
    }

    /// The end of what a server tells since.
    pub(super) fn put_together(
        &mut self,
        folder: &Folder,
        baseline: &Baseline,
        condition: &Condition,
        look: &mut Result<Look, ConnectorError>,
    ) -> Result<(), ConnectorError> {
        let Ok(there) = look else { return Ok(()) };
        let news = std::mem::take(&mut there.news);
        if !condition.is_ok() {
            let doing = format!("asking what changed in folder {} on {}", folder.path, self.peer());
            let error = self.connection.refused(condition, Reach::Folder, Cause::FolderUnreadable, doing);
            if error.reach != Reach::Folder {
                return Err(error);
            }
            tracing::debug!(words = condition.words, "The server numbers changes and does not tell them");
            self.changes.refused = true;
            return Ok(());
        }
        let now = Inventory::from(Look { state: there.state.clone(), ..Look::default() }).standing();
        match news.since(baseline, now) {
            Ok(items) => (there.metas, there.based) = (items, true),
            Err(why) => tracing::debug!(folder = %folder.path, why, "All of a folder is listed"),
        }
        Ok(())
    }

    /// Puts the wish to hear which ids are gone behind what waits to be sent (RFC 7162, section 3.2.3); none when the
    /// server cannot, or heard it before.
    pub(super) fn ask_for_vanished(&mut self) -> Option<Tag> {
        let capabilities = &self.connection.capabilities;
        let can = capabilities.has("QRESYNC") && capabilities.has("ENABLE");
        (can && !std::mem::replace(&mut self.changes.asked, true))
            .then(|| self.connection.queue(b"ENABLE QRESYNC"))
    }
}

/// Whether an answer says that ids that are gone will be told (`* ENABLED QRESYNC`, RFC 5161, section 3.2).
pub(super) fn vanishes(data: &Data) -> bool {
    let is_it = |value: &Value| value.bytes().is_some_and(|word| word.eq_ignore_ascii_case(b"QRESYNC"));
    data.name == "ENABLED" && data.values.iter().any(is_it)
}
