//! How much room a mailbox has (RFC 9208, and RFC 2087 before it).

use super::{
    connection::{Connection, Data, Tag},
    response::Value,
};
use crate::{
    error::ConnectorError,
    model::{Allowance, Room},
};

/// Asks for the room of INBOX's quota roots, behind what waits to be sent; none where the server keeps no quota.
pub(super) fn ask(connection: &mut Connection) -> Option<Tag> {
    let keeps = |name: &str| name == "QUOTA" || name.starts_with("QUOTA=RES-");
    let is_kept = connection.capabilities.iter().any(keeps);
    is_kept.then(|| connection.queue(b"GETQUOTAROOT INBOX"))
}

/// Takes over what one answer tells. Of several roots the tightest counts.
pub(super) fn read(room: &mut Room, data: &Data) {
    if data.name != "QUOTA" {
        return;
    }
    let resources = data.values.iter().find_map(Value::list).unwrap_or_default();
    for triple in resources.chunks_exact(3) {
        let [name, used, limit] = triple else { continue };
        let (Some(name), Some(used), Some(limit)) = (name.bytes(), used.number(), limit.number()) else {
            continue;
        };
        // No mailbox is made to hold nothing: it is how some servers say that there is no limit.
        if limit == 0 {
            continue;
        }
        if name.eq_ignore_ascii_case(b"STORAGE") {
            // In units of 1,024 octets (RFC 9208, section 5.1).
            tighten(&mut room.bytes, used.saturating_mul(1024), limit.saturating_mul(1024));
        } else if name.eq_ignore_ascii_case(b"MESSAGE") {
            tighten(&mut room.messages, used, limit);
        }
    }
}

fn tighten(known: &mut Option<Allowance>, used: u64, limit: u64) {
    let told = Allowance { used, limit };
    if known.is_none_or(|known| told.free() < known.free()) {
        *known = Some(told);
    }
}

/// Asks for the room of a mailbox, now.
pub(crate) async fn room(connection: &mut Connection) -> Result<Room, ConnectorError> {
    let mut room = Room::default();
    if let Some(asked) = ask(connection) {
        connection.flush().await?;
        // A refusal costs nothing: the room is not known then.
        connection.finish(&asked, |data| read(&mut room, &data)).await?;
    }
    Ok(room)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Allowance, Data, Room, read};
    use crate::wire::imap::response::{self, Response};

    fn told(lines: &[&str]) -> Room {
        let mut room = Room::default();
        for line in lines {
            let response = response::parse(&Bytes::from(format!("{line}\r\n"))).expect("an answer");
            let Response::Data { number, name, values } = response else { panic!("{line} is no data") };
            read(&mut room, &Data { number, name, values });
        }
        room
    }

    fn allowed(used: u64, limit: u64) -> Option<Allowance> {
        Some(Allowance { used, limit })
    }

    #[test]
    fn storage_is_told_in_units_of_1024_octets_and_messages_one_by_one() {
        let room =
            told(&["* QUOTAROOT INBOX \"User quota\"", "* QUOTA \"User quota\" (STORAGE 3 10 MESSAGE 7 20)"]);
        assert_eq!(room, Room { bytes: allowed(3072, 10_240), messages: allowed(7, 20) });
        assert_eq!(told(&["* QUOTA root (storage 1 2)"]).bytes, allowed(1024, 2048));
    }

    #[test]
    fn of_several_roots_the_tightest_counts_for_each_resource() {
        let room = told(&["* QUOTA a (STORAGE 9 10 MESSAGE 0 9)", "* QUOTA b (STORAGE 0 9 MESSAGE 8 9)"]);
        assert_eq!(room, Room { bytes: allowed(9 * 1024, 10 * 1024), messages: allowed(8, 9) });
    }

    #[test]
    fn numbers_that_make_no_sense_are_no_limit_and_a_mailbox_over_its_limit_has_no_room() {
        for nonsense in [
            "* QUOTA \"\" ()",
            "* QUOTA \"\"",
            "* QUOTA",
            "* QUOTA \"\" (STORAGE 5)",
            "* QUOTA \"\" (STORAGE -1 10)",
            "* QUOTA \"\" (STORAGE 1 99999999999999999999999)",
            "* QUOTA \"\" (STORAGE 7 0 MESSAGE 3 0)",
            "* QUOTA \"\" (STORAGE (1 2) 3)",
            "* QUOTA \"\" (STORAGE NIL NIL)",
            "* QUOTA \"\" (MAILBOX 3 4 ANNOTATION-STORAGE 1 2)",
        ] {
            assert_eq!(told(&[nonsense]), Room::default(), "{nonsense}");
        }
        let most = told(&["* QUOTA \"\" (STORAGE 1 18446744073709551615)"]).bytes.expect("a limit");
        assert_eq!((most.limit, most.free()), (u64::MAX, u64::MAX - 1024));
        let over = told(&["* QUOTA \"\" (STORAGE 20 10 MESSAGE 2 1)"]);
        assert_eq!((over.bytes.expect("told").free(), over.messages.expect("told").free()), (0, 0));
    }
}
