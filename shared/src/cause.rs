//! Why something differs, failed or was left out: a closed list with words for people.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $title:literal, $advice:literal;)*) => {
        /// Why something differs, failed or was left out.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Cause {
            $($(#[$doc])* #[doc = $title] #[serde(rename = $id)] $variant,)*
        }

        impl Cause {
            /// Every cause there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable id, as it stands in reports and the API.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// A short title for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What to do about it.
            pub const fn advice(self) -> &'static str {
                match self { $(Self::$variant => $advice,)* }
            }
        }

        impl std::str::FromStr for Cause {
            type Err = UnknownCause;
            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|cause| cause.id() == id).ok_or(UnknownCause)
            }
        }
    };
}

impl Cause {
    /// Whether it passes by itself: a server that wants patience is never a reason to give up.
    pub const fn passes_by_itself(self) -> bool {
        matches!(
            self,
            Self::Busy | Self::Throttled | Self::Unavailable | Self::ServerBug | Self::OutsideHours
        )
    }
}

/// What was kept or sent may be of a newer version: a cause that this one does not know is read as [`Cause::Unknown`].
impl<'de> Deserialize<'de> for Cause {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let id = Cow::<'de, str>::deserialize(from)?;
        Ok(id.parse().unwrap_or(Self::Unknown))
    }
}

/// A cause that somebody asks for, which has to be one that there is.
pub(crate) fn asked_for<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cause>, D::Error> {
    let id = Option::<Cow<'de, str>>::deserialize(from)?;
    id.map(|id| id.parse().map_err(|UnknownCause| D::Error::custom("there is no such cause"))).transpose()
}

/// The id names no cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCause;

causes! {
    // Reaching a server
    DnsFailed = "dns.failed", "Host name not found", "Check the spelling of the host and that this machine's DNS knows it.";
    ConnectRefused = "connect.refused", "Connection refused", "Check the port and that the mail service runs and lets this machine in.";
    ConnectFailed = "connect.failed", "Host not reachable", "Check the address, routes and firewalls between this machine and the server.";
    TimedOut = "timeout", "The server did not answer in time", "Check that the port is the IMAP port and the server is not overloaded; then try again.";
    Disconnected = "disconnected", "The connection was lost", "The pass goes on by itself when the server answers again; if it does not, look at the server's log.";
    NotImap = "protocol.not-imap", "The server does not speak IMAP", "Check the port and whether it expects TLS from the first byte (993) or STARTTLS (143).";
    Protocol = "protocol.broken", "The server's answer could not be understood", "Try again; if it stays, report it with the log of the pass.";
    Busy = "server.busy", "The server is busy or asks to slow down", "Nothing is lost; the pass waits and goes on. Run fewer mailboxes at once if it stays.";
    Throttled = "server.throttled", "The server asks to slow down", "Nothing is lost; the pass waits as long as the server asks and goes on with fewer connections. Lower the project's limits, or have this machine exempted on the server, if it stays.";
    Unavailable = "server.unavailable", "The server is unavailable for the moment", "Nothing is lost; the pass waits and goes on. Look at the server's log if it stays.";
    ServerBug = "server.bug", "The server reports an error of its own", "The pass waits and tries again. Look at the server's log: it names what went wrong there.";
    ContactAdmin = "server.contact-admin", "The server asks that its administrator be contacted", "Ask the administrator of that server: it says that only they can help; then start again.";
    Privacy = "server.privacy", "The server demands a protected connection", "Choose implicit TLS (993) or STARTTLS (143) for this endpoint.";
    OutsideHours = "limits.hours", "Outside the allowed hours", "Nothing to do: it goes on by itself when the hours open. To go on earlier, change the allowed hours in the project.";
    // Trust
    TlsUntrusted = "tls.untrusted", "The certificate is not signed by a trusted authority", "Compare its SHA-256 with the server's own and pin it, or install the issuing authority on this machine.";
    TlsName = "tls.name", "The certificate belongs to another name", "Use a host name the certificate names, or pin this certificate after comparing its SHA-256.";
    TlsExpired = "tls.expired", "The certificate is expired or not valid yet", "Renew it on the server, check this machine's clock, or pin this certificate after comparing its SHA-256.";
    TlsPin = "tls.pin", "The certificate is not the pinned one", "If the server's certificate was renewed, compare and pin the new one; otherwise stop: somebody may be in between.";
    TlsFailed = "tls.failed", "TLS could not be set up", "Check the port and the TLS versions the server offers (TLS 1.2 or newer is needed).";
    StarttlsMissing = "tls.starttls-missing", "The server does not offer STARTTLS", "Use implicit TLS on port 993. Passwords are never sent in the clear.";
    StarttlsInjected = "tls.starttls-injected", "Something was sent in clear text before TLS began", "Somebody may be tampering with the connection. Use implicit TLS on port 993.";
    CleartextRefused = "tls.cleartext", "Clear text is allowed to this machine only", "Choose implicit TLS (993) or STARTTLS (143).";
    // Logging in
    LoginRefused = "login.refused", "Login refused", "Check the name and the password that log in: the mailbox's own, or the admin's in the project's settings. Some systems need an app password, or IMAP switched on for the mailbox.";
    LoginUnavailable = "login.unavailable", "The server does not offer this login method", "Choose another login method for this endpoint.";
    LoginExpired = "login.expired", "The password or token has expired", "Set a new password on that system, or get a new token, and enter it here.";
    LoginNotAllowed = "login.not-allowed", "The admin may not open this mailbox", "Check that the mailbox exists and that the admin has the right to log in for it.";
    LoginHeld = "login.held", "Login not tried: it was refused twice", "Enter the right password, or reset the login on the project's page after checking it: further attempts could lock the account.";
    TokenFailed = "login.token", "No access token could be fetched", "See the words of the token server; check its address, the client and its secret.";
    NotConfigured = "login.no-secret", "No password is stored", "Enter the password for the endpoint or the mailbox.";
    // Folders
    NoFolders = "folder.none", "The server listed no folder at all", "A mailbox has at least INBOX: check rights and the login name.";
    FolderRenamed = "folder.renamed", "Folder got another name", "Nothing to do: the detail says why. Tell users whose mail programs or filters name the folder.";
    FolderRefused = "folder.refused", "The target refused the folder", "See the server's words; create the folder by hand or allow another name, then run a delta pass.";
    FolderUnreadable = "folder.unreadable", "The source refused to open the folder", "See the server's words; check rights and the folder's state, then run a delta pass.";
    ListedInPieces = "folder.pieces", "The server would not list the folder in one go", "Nothing to do: it was listed in smaller steps. The detail says what the server would not tell; what of it is lost is named besides.";
    CountDiffers = "folder.count", "The server counts the folder's messages in two ways", "Nothing to do: what stood in the folder when it was opened counts.";
    FolderVirtual = "folder.virtual", "Virtual folder left out", "Nothing to do: it only shows messages that are moved with their own folder.";
    FolderAllMail = "folder.all-mail", "Mail that is only archived", "Nothing to do where the detail says where it went. Where All Mail is not shown over IMAP, switch that on in Gmail's settings (Labels) and run a delta pass.";
    LabelHidden = "folder.label-hidden", "Labels that are not shown over IMAP", "Switch on \"Show in IMAP\" for the label, and off the limit of messages in a folder, in Gmail's settings; then run a delta pass.";
    FolderForeign = "folder.foreign", "Folder of another user left out", "Shared folders belong to their owners and move with them.";
    FolderExcluded = "folder.excluded", "Folder left out by rule", "Nothing to do if it should stay behind; otherwise change the project's folder rules and run a delta pass.";
    FolderMerged = "folder.merged", "Two folders became one", "Nothing is lost: both folders' messages are in the one folder.";
    FolderRebuilt = "folder.rebuilt", "The folder was rebuilt on the server", "Its messages were matched again by content; nothing to do.";
    SubscriptionLost = "folder.subscription", "Subscription not carried", "Subscribe to the folder in the mail program.";
    // Messages
    TooBig = "message.too-big", "Message larger than the target allows", "Raise the target's message size limit and try again. A delta pass sends it by itself only where the target tells its limit.";
    Filtered = "message.filtered", "Message left out by a filter", "Nothing to do if it should stay behind; otherwise change the project's filters and run a delta pass.";
    NextPass = "message.next-pass", "Message older than the days that come first", "Nothing to do: the next pass brings it. Where the mailbox was stopped meanwhile, start it again.";
    OtherLabel = "message.other-label", "Message moved with another label", "Nothing to do if one copy is enough; otherwise let the project make a copy for every label and run a delta pass.";
    MarkedDeleted = "message.marked-deleted", "Message marked as deleted left out", "Nothing to do if it should stay behind; otherwise let the project move messages that are marked as deleted and run a delta pass.";
    TargetFull = "mailbox.full", "The target mailbox is full", "Raise its quota and run a delta pass.";
    Rejected = "message.rejected", "The target refused the message", "See the server's words; the message stays on the source and is sent again only when you try again what failed.";
    Empty = "message.empty", "Message without a single byte", "Nothing to move: the source lists a message of zero length.";
    Vanished = "message.vanished", "Message gone from the source", "It was moved or deleted on the source during the pass; a delta pass sees where it is now.";
    DeletedAtSource = "message.deleted-at-source", "Deleted on the source after it was copied", "Nothing to do: the copy stays on the target. Delete it there by hand if it is not wanted.";
    RemovedOnTarget = "message.removed", "Removed on the target after it had arrived", "Nothing to do: somebody deleted or moved it there, so it is not brought back.";
    ConfirmedGone = "message.gone", "Confirmed by the target and no longer there", "Somebody removed it on the target before it was first compared, or the server lost it: look in its trash and its log. It stays on the source; trying again what failed sends it once more.";
    MovedAtSource = "message.moved", "Moved on the source after it was copied", "Nothing to do: it was not copied a second time; the detail says where it is on the target.";
    Unreadable = "message.unreadable", "The source could not deliver the message", "Open it on the source; its data may be damaged there.";
    Undelivered = "message.undelivered", "The target does not deliver a message that it has", "Open it on the target: it may be damaged there, or the target may crash at it, which its log tells. While it cannot be read nothing is sent in its place; the next pass looks again.";
    EndsConnection = "message.ends-connection", "The connection ends whenever the message is sent", "Look for that moment in the target's log: it may crash at this message. It stays on the source, and the next pass tries it again with nothing else on its way.";
    BytesAltered = "message.bytes", "The target changed the message's bytes", "Compare the message; the target rewrites this form (the detail says how).";
    ReadAnew = "message.read-anew", "Messages that a server writes anew at each reading", "Nothing to do: their text, attachments, subject and sender were compared; boundaries, dates and generated ids are the server's own.";
    DateAltered = "message.date", "Received date differs", "The target cannot keep this date; the Date header inside the message is unchanged.";
    FlagsAltered = "message.flags", "Flags differ", "Flags were changed on one side after the copy, or the target does not keep them.";
    FlagsCarried = "message.flags-carried", "Changed flags carried to the target", "Nothing to do.";
    FlagsKept = "message.flags-kept", "Flags changed on both sides", "Nothing to do: the target's flags stay as its user set them.";
    ReceiptsSettled = "message.receipts-settled", "Read receipts that are not asked for again", "Nothing to do: the messages were read on the source, and mail programs see that they need not answer any more.";
    ReceiptsOpen = "message.receipts-open", "Read receipts that may be asked for again", "The target keeps no mark that a receipt was sent: tell users to decline when their mail program asks, or let it never send receipts.";
    KeywordsLost = "message.keywords", "Keywords the target does not keep", "The detail names them. Where the target's folder keeps no such keywords, they cannot be carried; where it could keep them, set them again on the message.";
    Missing = "message.missing", "Message missing on the target", "Run a delta pass; if it stays missing, see the pass's findings.";
    Extra = "message.extra", "Message on the target that the source does not have", "Nothing to do if it arrived on the target later or the source deleted it since.";
    Duplicate = "message.duplicate", "More copies on the target than on the source", "Compare the copies; another tool may have copied before.";
    // The run
    Adopted = "run.adopted", "Message was on the target already", "Nothing to do: it was recognised by its content and not copied again.";
    Recovered = "run.recovered", "Interrupted copies were checked and settled", "Nothing to do.";
    NotAsClaimed = "run.not-as-claimed", "A server does not do what it says it can", "Nothing to do: it goes on without, which may take longer. Whoever runs the server may want to know.";
    Cancelled = "run.cancelled", "Stopped by an admin", "Start again to go on: nothing is copied twice.";
    Ledger = "run.ledger", "The ledger could not be written", "Check disk space and rights of the data directory, then resume.";
    DiskFull = "local.disk-full", "This machine's disk is full", "Make room on the disk of the data directory (or of the database), then start again: nothing is lost.";
    Poison = "run.poison", "Left out after ending the pass twice", "Look at this message on the source, and report it with the log of the pass. Trying again what failed sends it once more, with nothing else on its way.";
    LeaseLost = "run.lease", "Another process took this job over", "Nothing to do: the other process goes on.";
    RuleInvalid = "run.rules", "A rule of the project cannot be used", "Correct the rule the detail names in the project's settings, then start again.";
    SameMailbox = "run.same-mailbox", "Source and target are the same mailbox", "Choose another target mailbox: copying a mailbox into itself would double it.";
    Unknown = "unknown", "Something that this version does not know", "A node of a newer version found it. Look at it on a node of that version, or bring this one to the same version.";
    Internal = "run.internal", "An error inside carbonio-migrate", "Please report it with the log of the pass.";
}

impl Cause {
    /// Whether something was left out because the project says so: nobody misses it in this pass.
    pub const fn is_by_rule(self) -> bool {
        matches!(
            self,
            Self::FolderExcluded | Self::Filtered | Self::NextPass | Self::MarkedDeleted | Self::OtherLabel
        )
    }

    /// Whether it is only told: nobody has anything to do, and trying again changes nothing.
    pub const fn is_settled(self) -> bool {
        matches!(
            self,
            Self::OutsideHours
                | Self::FolderRenamed
                | Self::ListedInPieces
                | Self::CountDiffers
                | Self::FolderVirtual
                | Self::FolderMerged
                | Self::FolderRebuilt
                | Self::NextPass
                | Self::Empty
                | Self::DeletedAtSource
                | Self::RemovedOnTarget
                | Self::MovedAtSource
                | Self::ReadAnew
                | Self::FlagsCarried
                | Self::FlagsKept
                | Self::ReceiptsSettled
                | Self::Adopted
                | Self::Recovered
                | Self::NotAsClaimed
                | Self::LeaseLost
        )
    }

    /// Whether an item that was left out for it stays left out in later passes: the same message would meet the same
    /// refusal. It is offered again when the target takes larger messages, or when somebody asks for it.
    pub const fn stays(self) -> bool {
        match self {
            Self::TooBig
            | Self::Rejected
            | Self::Empty
            | Self::ConfirmedGone
            | Self::Poison
            | Self::Unknown => true,
            Self::DnsFailed
            | Self::ConnectRefused
            | Self::ConnectFailed
            | Self::TimedOut
            | Self::Disconnected
            | Self::NotImap
            | Self::Protocol
            | Self::Busy
            | Self::Throttled
            | Self::Unavailable
            | Self::ServerBug
            | Self::ContactAdmin
            | Self::Privacy
            | Self::OutsideHours
            | Self::TlsUntrusted
            | Self::TlsName
            | Self::TlsExpired
            | Self::TlsPin
            | Self::TlsFailed
            | Self::StarttlsMissing
            | Self::StarttlsInjected
            | Self::CleartextRefused
            | Self::LoginRefused
            | Self::LoginUnavailable
            | Self::LoginExpired
            | Self::LoginNotAllowed
            | Self::LoginHeld
            | Self::TokenFailed
            | Self::NotConfigured
            | Self::NoFolders
            | Self::FolderRenamed
            | Self::FolderRefused
            | Self::FolderUnreadable
            | Self::ListedInPieces
            | Self::CountDiffers
            | Self::FolderVirtual
            | Self::FolderAllMail
            | Self::FolderForeign
            | Self::FolderExcluded
            | Self::FolderMerged
            | Self::LabelHidden
            | Self::OtherLabel
            | Self::ReadAnew
            | Self::ReceiptsSettled
            | Self::ReceiptsOpen
            | Self::FolderRebuilt
            | Self::SubscriptionLost
            | Self::Filtered
            | Self::NextPass
            | Self::MarkedDeleted
            | Self::TargetFull
            | Self::Vanished
            | Self::DeletedAtSource
            | Self::RemovedOnTarget
            | Self::MovedAtSource
            | Self::Unreadable
            | Self::EndsConnection
            | Self::Undelivered
            | Self::BytesAltered
            | Self::DateAltered
            | Self::FlagsAltered
            | Self::FlagsCarried
            | Self::FlagsKept
            | Self::KeywordsLost
            | Self::Missing
            | Self::Extra
            | Self::Duplicate
            | Self::Adopted
            | Self::Recovered
            | Self::NotAsClaimed
            | Self::Cancelled
            | Self::Ledger
            | Self::DiskFull
            | Self::LeaseLost
            | Self::RuleInvalid
            | Self::SameMailbox
            | Self::Internal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn every_cause_has_its_own_id_and_finds_itself() {
        for cause in Cause::ALL {
            assert_eq!(cause.id().parse(), Ok(*cause));
            assert!(cause.advice().ends_with('.'), "{} needs a sentence", cause.id());
        }
        let ids: std::collections::BTreeSet<_> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        assert_eq!(ids.len(), Cause::ALL.len());
    }

    #[test]
    fn where_the_advice_is_to_do_nothing_nothing_is_offered() {
        for cause in Cause::ALL {
            let advice = cause.advice();
            let nothing = advice.starts_with("Nothing to do:") || advice == "Nothing to do.";
            assert!(!nothing || cause.is_settled(), "{} tells to do nothing", cause.id());
            let told = ["othing to do", "Nothing is lost", "Nothing to move"];
            assert!(!cause.is_settled() || told.iter().any(|words| advice.contains(words)), "{}", cause.id());
        }
    }

    #[test]
    fn a_cause_of_a_newer_version_is_shown_as_one_that_is_not_known() {
        let read = |id: &str| serde_json::from_value::<Cause>(serde_json::Value::from(id));
        assert_eq!(read("message.too-big").ok(), Some(Cause::TooBig));
        assert_eq!(read("message.from-the-future").ok(), Some(Cause::Unknown));
        assert_eq!(
            "message.from-the-future".parse::<Cause>(),
            Err(super::UnknownCause),
            "nobody can ask for it"
        );
    }
}
