//! What a folder is for, told by its name where the server does not tell.

use shared::folder::{FolderPath, Role};

use super::profile::fold;
use crate::model::Folder;

/// The roles besides INBOX with the names mail programs and servers give them, folded, `|` between; the likelier first.
const NAMES: [(Role, &str); 5] = [
    (
        Role::Sent,
        "sent|sent items|sent messages|sent mail|sent-mail|sentmail|sent objects\
        |gesendet|gesendete objekte|gesendete elemente|gesendete nachrichten|gesendete mails\
        |inviata|posta inviata|inviati|messaggi inviati|elementi inviati\
        |envoyés|éléments envoyés|messages envoyés|courrier envoyé|envoyé\
        |enviados|elementos enviados|mensajes enviados|correo enviado|enviado\
        |itens enviados|mensagens enviadas|enviadas|correio enviado|e-mails enviados\
        |verzonden|verzonden items|verzonden berichten|verstuurd\
        |wysłane|elementy wysłane|wysłane wiadomości|poczta wysłana\
        |отправленные|исходящие|надіслані|відправлені\
        |odeslaná pošta|odeslané|odoslané|odoslaná pošta|poslano\
        |skickat|skickade|skickade objekt|sendt|sendte elementer|sendt post|sendte objekter\
        |lähetetyt|elküldött|elküldött elemek|trimise|elemente trimise\
        |gönderilmiş|gönderilmiş öğeler|gönderilenler|απεσταλμένα|σταλμένα\
        |送信済み|送信済みアイテム|送信済みメール|送信済みトレイ\
        |已发送|已发送邮件|已发邮件|已傳送|寄件備份|寄件匣備份|已寄出|보낸 편지함|보낸편지함",
    ),
    (
        Role::Drafts,
        "drafts|draft|draft messages|entwürfe|entwurf|bozze|bozza|brouillons|brouillon\
        |borradores|borrador|rascunhos|rascunho|concepten|concept\
        |kopie robocze|szkice|wersje robocze|robocze|черновики|чернетки\
        |koncepty|rozepsané|rozepsané zprávy|osnutki|utkast|kladder|kladde|luonnokset\
        |piszkozatok|schițe|ciorne|taslaklar|πρόχειρα|下書き|草稿|草稿箱|草稿匣|임시 보관함|임시보관함",
    ),
    (
        Role::Trash,
        "trash|deleted items|deleted messages|deleted|bin|wastebasket\
        |papierkorb|gelöschte objekte|gelöschte elemente|gelöschte nachrichten|gelöscht\
        |cestino|posta eliminata|eliminati|elementi eliminati\
        |corbeille|éléments supprimés|messages supprimés|supprimés\
        |papelera|elementos eliminados|mensajes eliminados|eliminados\
        |lixo|lixeira|itens excluídos|itens eliminados|mensagens excluídas|reciclagem\
        |prullenbak|prullenmand|verwijderde items|verwijderde berichten|verwijderd\
        |kosz|elementy usunięte|usunięte|корзина|удаленные|удалённые|кошик|видалені\
        |koš|odstraněná pošta|odstraněné|kôš|smeti\
        |papperskorgen|papperskorg|borttaget|papirkurv|slettet post|slettede elementer|søppel\
        |roskakori|poistetut|kuka|törölt elemek|coș de gunoi|elemente șterse\
        |çöp kutusu|çöp|silinmiş öğeler|κάδος απορριμμάτων|διαγραμμένα\
        |ごみ箱|ゴミ箱|削除済みアイテム|已删除|已删除邮件|废件箱|垃圾桶|刪除的郵件|已刪除|휴지통|지운 편지함",
    ),
    (
        Role::Junk,
        "junk|spam|junk e-mail|junk email|junk mail|bulk mail|bulk\
        |spamverdacht|unerwünscht|unerwünschte werbung|werbung\
        |posta indesiderata|indesiderata|indésirables|courrier indésirable|pourriel\
        |correo no deseado|correo basura|no deseado|lixo eletrônico|lixo eletrónico|lixo electrónico\
        |correio eletrónico não solicitado|ongewenste e-mail|ongewenst|ongewenste berichten\
        |wiadomości-śmieci|wiadomości śmieci|niechciane|спам|нежелательная почта|небажана пошта\
        |nevyžádaná pošta|nevyžádané|nevyžiadaná pošta|skräppost|uønsket e-mail|uønsket|søppelpost\
        |roskaposti|levélszemét|gereksiz|istenmeyen posta|önemsiz e-posta|ανεπιθύμητα\
        |迷惑メール|垃圾邮件|垃圾郵件|垃圾箱|스팸 메일함|스팸메일함|정크 메일",
    ),
    (
        Role::Archive,
        "archive|archives|archiv|archivio|archivo|archivados|arquivo|arquivados|archief\
        |archiwum|архив|архів|archív|arkiv|arkisto|archívum|arhivă|arşiv|αρχείο\
        |アーカイブ|存档|归档|封存|보관함",
    ),
];

/// What a folder is likely for by its name, in any of the common languages. Only on the top level or directly under
/// INBOX: deeper ones are the user's own.
pub fn role_by_name(path: &FolderPath) -> Option<Role> {
    by_name(path).map(|(role, _)| role)
}

/// Leaves every role to one folder at most, and gives roles that no folder has from the server by name.
///
/// Of several folders with one role the first by path keeps it. A folder that cannot hold messages has none.
pub fn assign_roles(folders: &mut [Folder]) {
    for folder in folders.iter_mut() {
        let fits = match folder.role {
            Some(Role::Inbox) => folder.path.is_inbox(),
            Some(Role::Sent | Role::Drafts | Role::Trash | Role::Junk | Role::Archive) => folder.selectable,
            None => true,
        };
        if !fits || folder.path.is_inbox() {
            folder.role = None;
        }
    }
    keep_one(folders, Role::Inbox, |folder| folder.path.is_inbox().then_some(0));
    for (role, _) in NAMES {
        if folders.iter().any(|folder| folder.role == Some(role)) {
            keep_one(folders, role, |folder| (folder.role == Some(role)).then_some(0));
        } else {
            keep_one(folders, role, |folder| {
                let (named, rank) = by_name(&folder.path)?;
                (named == role && folder.role.is_none() && folder.selectable).then_some(rank)
            });
        }
    }
}

/// Gives the role to the folder of the lowest rank (then the least deep, then the first by path), and takes it from all
/// others.
fn keep_one(folders: &mut [Folder], role: Role, rank: impl Fn(&Folder) -> Option<usize>) {
    let best = folders
        .iter()
        .enumerate()
        .filter_map(|(index, folder)| Some((rank(folder)?, folder.path.0.len(), &folder.path, index)))
        .min()
        .map(|(_, _, _, index)| index);
    for (index, folder) in folders.iter_mut().enumerate() {
        if Some(index) == best {
            folder.role = Some(role);
        } else if folder.role == Some(role) {
            folder.role = None;
        }
    }
}

/// The role, and how far down the name stands among the names of that role.
fn by_name(path: &FolderPath) -> Option<(Role, usize)> {
    if path.is_inbox() {
        return Some((Role::Inbox, 0));
    }
    let name = match path.0.as_slice() {
        [name] => name,
        [inbox, name] if inbox.eq_ignore_ascii_case("INBOX") => name,
        _ => return None,
    };
    let name = fold(name.trim());
    NAMES.iter().find_map(|(role, names)| Some((*role, names.split('|').position(|known| known == name)?)))
}
