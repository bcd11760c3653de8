//! A message as a server delivers it.

use super::Value;
use crate::{error::Result, moment};

/// A message as the server delivers it.
#[derive(Debug, Clone)]
pub struct Message {
    /// UID.
    pub uid: u64,
    /// Flags and keywords, without `\Recent`.
    pub flags: Vec<String>,
    /// INTERNALDATE in seconds since 1970.
    pub received: i64,
    /// RFC822.SIZE.
    pub size: u64,
    /// The whole message.
    pub body: Vec<u8>,
}

impl Message {
    /// The message in `n FETCH (…)`; none when the line is another or came without the body.
    pub(super) fn from_fetch(line: &[Value]) -> Result<Option<Self>> {
        let [_, verb, Value::List(items)] = line else { return Ok(None) };
        let item = |name: &str| items.chunks(2).find(|pair| pair[0].is(name)).and_then(|pair| pair.get(1));
        let (true, Some(body)) = (verb.is("FETCH"), item("BODY[]")) else { return Ok(None) };
        let number = |name: &str| item(name).and_then(|value| value.text().parse().ok()).unwrap_or_default();
        let received = item("INTERNALDATE").map(Value::text).unwrap_or_default();
        let flags = item("FLAGS").map(Value::list).unwrap_or_default();
        Ok(Some(Self {
            uid: number("UID"),
            flags: flags.iter().map(Value::text).filter(|flag| flag != "\\Recent").collect(),
            received: moment::from_imap(&received)?,
            size: number("RFC822.SIZE"),
            body: body.bytes().to_vec(),
        }))
    }
}
