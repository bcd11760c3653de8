//! Server products whose habits are known.

use serde::{Deserialize, Serialize};

macro_rules! presets {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $title:literal, $system:expr;)*) => {
        /// A server product, or a provider, whose habits are known.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Preset {
            $($(#[$doc])* #[doc = $title] #[serde(rename = $word)] $variant,)*
        }

        impl Preset {
            /// Every preset there is.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable word, as it stands in the API and on the command line.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The name on screen.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// Patterns of the folders it makes for itself, which hold no mail or only show mail of other folders. They
            /// are left out on the way out of it unless a project says otherwise.
            pub const fn system_folders(self) -> &'static [&'static str] {
                match self { $(Self::$variant => $system,)* }
            }
        }
    };
}

presets! {
    #[default]
    Generic = "generic", "Any IMAP server", &[];
    Dovecot = "dovecot", "Dovecot", &[];
    Cyrus = "cyrus", "Cyrus IMAP", &[];
    Courier = "courier", "Courier", &[];
    Mailutils = "mailutils", "GNU Mailutils", &[];
    Zimbra = "zimbra", "Zimbra", ZIMBRA;
    Carbonio = "carbonio", "Carbonio", ZIMBRA;
    Exchange = "exchange", "Exchange", EXCHANGE;
    Microsoft365 = "microsoft365", "Microsoft 365", EXCHANGE;
    Gmail = "gmail", "Gmail", GMAIL;
    Yahoo = "yahoo", "Yahoo Mail", &[];
    Icloud = "icloud", "iCloud Mail", &[];
    Domino = "domino", "HCL Domino", &[];
}

/// Folders of Zimbra's other applications. It hides most of them unless `zimbraImapDisplayMailFoldersOnly` is off.
const ZIMBRA: &[&str] =
    &["Briefcase", "Calendar", "Chats", "Contacts", "Emailed Contacts", "Notebook", "Tasks"];

/// A view of chats; All Mail, Important and Starred are marked as views by the server.
const GMAIL: &[&str] = &["[Gmail]/Chats", "[Google Mail]/Chats"];

/// Folders of Outlook's other applications and of its own housekeeping, in the languages it is mostly set up in.
const EXCHANGE: &[&str] = &[
    // Housekeeping
    "Sync Issues",
    "Synchronisierungsprobleme",
    "Problèmes de synchronisation",
    "Problemas de sincronización",
    "Problemi di sincronizzazione",
    "Synchronisatieproblemen",
    "Problemas de sincronização",
    "Problemy z synchronizacją",
    "Ошибки синхронизации",
    "Recoverable Items",
    "Conversation Action Settings",
    "Quick Step Settings",
    "Yammer Root",
    "ExternalContacts",
    "PersonMetadata",
    // Outbox
    "Outbox",
    "Postausgang",
    "Boîte d'envoi",
    "Bandeja de salida",
    "Posta in uscita",
    "Postvak UIT",
    "Caixa de saída",
    "Skrzynka nadawcza",
    "Исходящие",
    // Conversation History
    "Conversation History",
    "Aufgezeichnete Unterhaltungen",
    "Historique des conversations",
    "Historial de conversaciones",
    "Cronologia conversazioni",
    "Gespreksgeschiedenis",
    "Histórico de conversa",
    "Historia konwersacji",
    "Журнал бесед",
    // Feeds
    "RSS Feeds",
    "RSS Subscriptions",
    "RSS-Feeds",
    "Flux RSS",
    "Fuentes RSS",
    "Feed RSS",
    "Kanały informacyjne RSS",
    "RSS-каналы",
    // Calendars, contacts, tasks, notes: no mail
    "Calendar",
    "Kalender",
    "Calendrier",
    "Calendario",
    "Agenda",
    "Calendário",
    "Kalendarz",
    "Календарь",
    "Contacts",
    "Suggested Contacts",
    "Kontakte",
    "Vorgeschlagene Kontakte",
    "Contactos",
    "Contatti",
    "Contactpersonen",
    "Contatos",
    "Kontakty",
    "Контакты",
    "Tasks",
    "Aufgaben",
    "Tâches",
    "Tareas",
    "Attività",
    "Taken",
    "Tarefas",
    "Zadania",
    "Задачи",
    "Notes",
    "Notizen",
    "Notas",
    "Note",
    "Notities",
    "Notatki",
    "Заметки",
    "Journal",
    "Diario",
    "Logboek",
    "Diário",
    "Dziennik",
    "Дневник",
];

/// The word names no preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownPreset;

impl std::fmt::Display for UnknownPreset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = Preset::ALL.iter().map(|preset| preset.word()).collect();
        write!(f, "no such preset; there are {}", words.join(", "))
    }
}

impl std::error::Error for UnknownPreset {}

impl std::str::FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(word: &str) -> Result<Self, UnknownPreset> {
        Self::ALL.iter().copied().find(|preset| preset.word() == word).ok_or(UnknownPreset)
    }
}

#[cfg(test)]
mod tests {
    use super::Preset;

    #[test]
    fn every_preset_finds_itself_by_the_word_the_api_uses() {
        for preset in Preset::ALL {
            assert_eq!(preset.word().parse(), Ok(*preset));
            let written = serde_json::to_string(preset).expect("serialises");
            assert_eq!(written, format!("\"{}\"", preset.word()));
        }
    }
}
