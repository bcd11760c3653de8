//! What the targets are likely to get, written down as servers and programs write it.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// Words of IMAP.
pub(crate) const IMAP: &[&str] = &[
    "* ",
    "\r\n",
    "OK",
    "NO",
    "BAD",
    "BYE",
    "PREAUTH",
    "+ ",
    "FETCH",
    "LIST",
    "LSUB",
    "STATUS",
    "NAMESPACE",
    "EXISTS",
    "SEARCH",
    "VANISHED",
    "(EARLIER)",
    "QUOTA",
    "UID",
    "FLAGS",
    "INTERNALDATE",
    "RFC822.SIZE",
    "BODY[]",
    "BODY[HEADER]",
    "BODY[]<0>",
    "NIL",
    "\"\"",
    "{0}\r\n",
    "{5+}\r\n",
    "~{3}\r\n",
    "(",
    ")",
    "[UIDVALIDITY 1]",
    "[UIDNEXT 5]",
    "[APPENDUID 1 2:3]",
    "[COPYUID 1 1:3 7:9]",
    "[LIMIT]",
    "[TRYCREATE]",
    "[HIGHESTMODSEQ 9]",
    "\\Noselect",
    "\\All",
    "\\HasChildren",
    "m1 ",
    "m5 ",
    "m9 ",
    "m12 ",
    "01-Jan-2024 10:00:00 +0000",
    "&AOk-",
];

/// Words with which servers ask for patience.
pub(crate) const PATIENCE: &[&str] = &[
    "Suggested Backoff Time:",
    "milliseconds",
    "seconds",
    "minutes",
    "try again",
    "too many",
    "connections",
    "limit",
    "Idle",
    "timeout",
    "OVERQUOTA",
    "bandwidth",
    "temporarily",
    "[UNAVAILABLE]",
];
/// Words of dates.
pub(crate) const DATES: &[&str] =
    &["-Jan-", "-Feb-", "29-Feb-2023", " +1400", " -0000", " GMT", ":60", "9999", "0001", "69"];
/// Words of time zones.
pub(crate) const ZONES: &[&str] =
    &["TZif", "2", "\n", "CET-1", "CEST", ",M3.5.0", ",J60", ",365", "/167", "<+03>-3", "\0\0\0\x01"];
/// What stands in and between cells.
pub(crate) const CELLS: &[&str] = &[
    ",",
    ";",
    "\t",
    "\"",
    "\"\"",
    "\r\n",
    "\n",
    "source",
    "target password",
    "anna@old.example",
    "s|a|b|",
    "->",
    "{first:1}",
    "*",
];
/// Words of spreadsheets.
pub(crate) const MARKUP: &[&str] = &[
    "<row r=\"1\">",
    "</row>",
    "<c r=\"A1\" t=\"s\">",
    "</c>",
    "<v>",
    "</v>",
    "<t>",
    "&#x41;",
    "&amp;",
    "&#99999999;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<si>",
    "</si>",
    "<?",
    "XFD1048576",
    "t=\"inlineStr\"",
    "PK\x01\x02",
    "PK\x05\x06",
    "</sheetData>",
];
/// Words of rules.
pub(crate) const RULES: &[&str] = &[
    "include ",
    "exclude ",
    "move ",
    "regex ",
    "role ",
    "age ",
    "size ",
    "rate ",
    "hours ",
    "zone ",
    "\n",
    "**",
    "*",
    "?",
    "\\Trash",
    "\\/",
    "=",
    "s|^Lists/(.*)|L/$1|",
    "$1",
    "${0}",
    "(a{1,1000}){1,1000}",
    "90d",
    "2024-02-29",
    "Mon-Fri 20:00-06:00",
    "25M",
    "MB/s",
    "+14:00",
    "Europe/Rome",
    "sent",
];

/// Answers, one each.
pub(crate) fn responses() -> Vec<Vec<u8>> {
    [
        "* OK [CAPABILITY IMAP4rev1 LITERAL+] ready\n",
        "* 12 FETCH (UID 7 FLAGS (\\Seen $Work) INTERNALDATE \"17-Jul-2024 02:44:25 -0700\" RFC822.SIZE 4286)\n",
        "* 12 FETCH (UID 7 BODY[HEADER.FIELDS (DATE)] {9}\nDate: x\n BODY[]<0> \"a\\\"b\")\n",
        "* LIST (\\HasNoChildren \\Sent) \"/\" {4}\nSent\n",
        "* NAMESPACE ((\"INBOX.\" \".\")(\"\" \"/\")) NIL ((\"#shared/\" \"/\" \"X\" (\"Y\")))\n",
        "* STATUS \"INBOX\" (MESSAGES 231 UIDNEXT 44292 UIDVALIDITY 1 HIGHESTMODSEQ 7011231777)\n",
        "* QUOTA \"User quota\" (STORAGE 10 512 MESSAGE 4 100)\n",
        "m7 NO [LIMIT] too many connections, try again in 5 minutes\n",
        "m8 OK [APPENDUID 38505 3955:3957] done\n",
        "* OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] limited\n",
        "* SEARCH 2 84 882\n",
        "* BYE idle for too long\n",
        "+ go ahead\n",
        "* (((((((((((((((((1)))))))))))))))))\n",
    ]
    .map(wire)
    .into()
}

fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

/// What both sides say first: abilities, name, namespace; two folders and one that only holds folders.
const FOLDERS: &str = "* LIST (\\HasNoChildren \\Subscribed) \"/\" INBOX\n\
    * LIST (\\Noselect \\HasChildren) \"/\" Lists\n\
    * LIST (\\HasNoChildren \\Sent) \"/\" \"Sent &AOk-\"\n";
const STATUSES: &str = "* STATUS INBOX (MESSAGES 2 UIDNEXT 9 UIDVALIDITY 5 HIGHESTMODSEQ 11)\n";

/// What servers say while they are read.
pub(crate) fn sources() -> Vec<Vec<u8>> {
    let look = |exists: u32| {
        format!(
            "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft Work)\n* {exists} EXISTS\n* 0 RECENT\n\
             * OK [UIDVALIDITY 5] ids\n* OK [UIDNEXT 9] next\n* OK [HIGHESTMODSEQ 11] changes\n"
        )
    };
    let listed = "* 1 FETCH (UID 3 FLAGS (\\Seen Work) INTERNALDATE \" 1-Jan-2024 10:00:00 +0100\" RFC822.SIZE 12)\n\
                  * 2 FETCH (UID 8 FLAGS () INTERNALDATE \"02-Jan-2024 10:00:00 +0000\" RFC822.SIZE 10)\n";
    let since = "* VANISHED (EARLIER) 1:2,4:7\n\
                 * 1 FETCH (UID 3 FLAGS () INTERNALDATE \" 1-Jan-2024 10:00:00 +0100\" RFC822.SIZE 12 MODSEQ (12))\n";
    let bodies = "* 1 FETCH (UID 3 BODY[] {14}\nA: b\n\nText\n)\n* 2 FETCH (UID 8 BODY[] \"A: b\")\n";
    let whole = [
        "* CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS ID NAMESPACE QUOTA LIST-EXTENDED SPECIAL-USE CONDSTORE\nm1 OK\n",
        "* ID (\"name\" \"Dovecot\")\nm2 OK\n* NAMESPACE ((\"\" \"/\")) NIL NIL\nm3 OK\n",
        FOLDERS,
        "m4 OK listed\n",
        STATUSES,
        "m5 OK\nm6 OK\nm7 OK\n",
        STATUSES,
        "m8 OK\nm9 OK\nm10 OK\n",
        &look(2),
        "m11 OK [READ-ONLY] open\n",
        listed,
        "m12 OK\n",
        &look(0),
        "m13 OK\nm14 OK\n",
        &look(2).replace("SEQ 11", "SEQ 12"),
        "m15 OK\n",
        since,
        "m16 OK\n",
        &look(0),
        "m17 OK\nm18 OK\n",
        &look(2),
        "m19 OK\n",
        bodies,
        "m20 OK\nm21 OK\n",
    ]
    .concat();
    let plain = [
        "* CAPABILITY IMAP4rev1\nm1 OK\n",
        "* LIST (\\HasNoChildren) \".\" INBOX\n* LIST () \".\" INBOX.Sent\nm2 OK\n* LSUB () \".\" INBOX.Sent\nm3 OK\n",
        "* STATUS INBOX (MESSAGES 2 UIDNEXT 9 UIDVALIDITY 5)\nm4 OK\n* STATUS INBOX.Sent (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 6)\nm5 OK\n",
        "m6 OK\nm7 OK\n",
        &look(2),
        "m8 OK\nm9 BAD not like this\n",
        &look(0),
        "m10 OK\nm11 OK\n",
        &look(2),
        "m12 OK\n",
        listed,
        "m13 OK\nm14 NO no flags\nm15 OK\n* SEARCH 3\nm16 OK\nm17 OK\nm18 OK\nm19 OK\nm20 OK\nm21 OK\nm22 OK\nm23 OK\n",
        bodies,
        "m24 OK\nm25 OK\n",
    ]
    .concat();
    let broken = [
        "* CAPABILITY IMAP4rev1 LIST-EXTENDED NAMESPACE\nm1 OK\n",
        "* NAMESPACE NIL NIL NIL\nm2 NO\nm3 BAD\n",
        "* LSUB () \"/\" a/b\nm4 NO a branch is broken\nm5 OK\n",
        "* LIST (\\HasChildren) \"/\" a\n* LIST () \"/\" INBOX\nm6 OK\nm7 NO broken\n* BYE too many errors\n",
    ]
    .concat();
    [whole, plain, broken].map(|text| wire(&text)).into()
}

/// What servers say to an admin who asks for their users.
pub(crate) fn users() -> Vec<Vec<u8>> {
    let begin = |separator: char| {
        format!(
            "* CAPABILITY IMAP4rev1 NAMESPACE\nm1 OK\n\
             * NAMESPACE NIL ((\"user{separator}\" \"{separator}\")) ((\"\" \"{separator}\"))\nm2 OK\n"
        )
    };
    let slashed = "* LIST (\\HasChildren) \"/\" user/anna\n* LIST (\\Noselect) \"/\" user/bert\n\
                   * LIST () \"/\" \"user/bert@old.example\"\n* LIST () \"/\" {8}\nuser/o\"x\nm3 OK\n";
    let dotted = "* LIST () \".\" user.anna^berg\n* LIST (\\Noselect) \".\" \"user.bert@old\"\nm3 OK\n\
                  * LIST () \".\" user.anna^berg\n* LIST () \".\" user.anna^berg.Sent\n\
                  * LIST () \".\" \"user.bert@old.example\"\nm4 OK\n";
    let later = "m3 NO [UNAVAILABLE] later\n";
    [begin('/') + slashed, begin('.') + dotted, begin('/') + later].map(|text| wire(&text)).into()
}

/// What servers say while they are written to.
pub(crate) fn targets() -> Vec<Vec<u8>> {
    let begin = [
        "* CAPABILITY IMAP4rev1 LITERAL+ UIDPLUS ID NAMESPACE QUOTA LIST-EXTENDED SPECIAL-USE CONDSTORE MULTIAPPEND MOVE\nm1 OK\n",
        "* ID (\"name\" \"Dovecot\")\nm2 OK\n* NAMESPACE ((\"\" \"/\")) NIL NIL\nm3 OK\n",
        "* QUOTAROOT INBOX \"\"\n* QUOTA \"\" (STORAGE 1 2 MESSAGE 3 4)\nm4 OK\n",
        FOLDERS,
        "m5 OK\n",
    ];
    // To whatever is asked: what opening a folder tells, flags of a message, and where messages went.
    let answer = |number: u32| {
        format!(
            "* 2 EXISTS\n* OK [UIDVALIDITY 5] ids\n* OK [UIDNEXT 9] next\n* OK [PERMANENTFLAGS (\\Seen Work)] kept\n\
             * 1 FETCH (UID 1 FLAGS (\\Seen Work) RFC822.SIZE 4)\nm{number} OK [COPYUID 5 1:3 9:11] done\n"
        )
    };
    let whole = begin.into_iter().map(str::to_owned).chain((6..80).map(answer)).collect::<String>();
    let mut seeds = sources();
    seeds.insert(0, wire(&whole));
    seeds
}

/// Words of refusals.
pub(crate) fn hints() -> Vec<Vec<u8>> {
    [
        "Request is throttled. Suggested Backoff Time: 178755 milliseconds",
        "[OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)",
        "Too many simultaneous connections. (Failure)",
        "Server Unavailable. Try again in 10 minutes.",
        "Disconnected for inactivity",
        "Please retry after 30 seconds",
    ]
    .map(|words| words.as_bytes().to_vec())
    .into()
}

/// Names of folders.
pub(crate) fn names() -> Vec<Vec<u8>> {
    [
        "~peter/mail/&U,BTFw-/&ZeVnLIqe-",
        "Entw&APw-rfe",
        "R&-D",
        "R&D",
        "&2D3c5w-",
        "caf\u{e9}",
        "&AOk-&AOk-",
        "&A-b",
    ]
    .map(|name| name.as_bytes().to_vec())
    .into()
}

/// Dates of messages.
pub(crate) fn dates() -> Vec<Vec<u8>> {
    [
        "17-Jul-2024 02:44:25 -0700",
        "\" 1-Jan-1970 00:00:00 +0000\"",
        "31-Dec-9999 23:59:60 +1400",
        "1-feb-69 1:2",
        "29-Feb-2024 10:00:00 GMT",
    ]
    .map(|date| date.as_bytes().to_vec())
    .into()
}

/// Compiled time zones: one change, and a rule for what comes after.
pub(crate) fn zones() -> Vec<Vec<u8>> {
    let head = |times: u32, types: u32, letters: u32| {
        let counts = [0, 0, 0, times, types, letters].map(u32::to_be_bytes).concat();
        [b"TZif2".to_vec(), vec![0; 15], counts].concat()
    };
    let kind = |seconds: i32| [&seconds.to_be_bytes()[..], &[0, 0]].concat();
    let rules =
        ["CET-1CEST,M3.5.0,M10.5.0/3", "XXX3YYY,J60,300", "<+1030>-10:30<+11>-11,M10.1.0,M12.5.6/-167", ""];
    let file = |rule: &str| {
        let body =
            [1000_i64.to_be_bytes().to_vec(), vec![1], kind(3600), kind(7200), b"X\0".to_vec()].concat();
        [head(0, 0, 0), head(1, 2, 2), body, format!("\n{rule}\n").into_bytes()].concat()
    };
    rules.map(file).into()
}

/// Messages.
pub(crate) fn letters() -> Vec<Vec<u8>> {
    [
        &b"\x01\x02\x09\x00\xff\x03\x04\x05From: a\r\nSubject: b\r\n\r\nText\r\nmore\r\n"[..],
        b"\x00\x01\x01\x01\x01\x01\x01\x01A: b\n\nc\r\r\nd\xe9 XX\0",
    ]
    .map(<[u8]>::to_vec)
    .into()
}

/// Lists as text.
pub(crate) fn texts() -> Vec<Vec<u8>> {
    [
        "\nanna@old.example,secret,anna@new.example,secret2\r\nbert@old.example,\"a,\"\"b\",bert@new.example,x\r\n",
        "@old.example -> @new.example\ts|^(.*)@|$1@|\t{first}.{last} -> {first:1}{last}\nSource;Password;Target;Target password;Below\nanna;p;;q;Old/Mail\nspam.account;;;\n",
        "\nanna@old.example\tsecret\n\"open\tx\n\ncarl@old.example\ts\n",
        "\n\u{feff}user name,kennwort\n=cmd|' /C calc'!A0,x\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Sheets.
pub(crate) fn sheets() -> Vec<Vec<u8>> {
    [
        "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>secret &amp; more</t></is></c></row>\
         <row r=\"2\"><c r=\"A2\"><v>anna@old.example</v></c><c r=\"C2\"><v>7</v></c></row></sheetData></worksheet>",
        "<x:worksheet xmlns:x=\"y\"><x:sheetData><x:row><x:c><x:v><![CDATA[bert@old.example]]></x:v></x:c><!-- no --></x:row></x:sheetData></x:worksheet>",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}

/// Workbooks.
pub(crate) fn workbooks() -> Vec<Vec<u8>> {
    sheets().iter().map(|sheet| workbook_of(sheet)).collect()
}

/// A workbook with this sheet.
pub(crate) fn workbook_of(sheet: &[u8]) -> Vec<u8> {
    const WORKBOOK: &str = "<workbook xmlns:r=\"x\"><sheets><sheet name=\"List\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    const RELATIONS: &str =
        "<Relationships><Relationship Id=\"rId1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    const STRINGS: &str = "<sst><si><t>source</t></si><si><r><t>pass</t></r><r><t>word</t></r></si></sst>";
    let parts: [(&str, &[u8]); 4] = [
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", STRINGS.as_bytes()),
    ];
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, inside) in parts {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(inside);
        let stored = written.and_then(|()| encoder.finish()).unwrap_or_default();
        let mut crc = Crc::new();
        crc.update(inside);
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        let common = [
            &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..],
            &crc.sum().to_le_bytes(),
            &number(stored.len()),
            &number(inside.len()),
            &number(name.len())[..2],
            &[0, 0],
        ]
        .concat();
        directory.extend(
            [b"PK\x01\x02\x14\0", &common[..], &[0; 10], &number(file.len()), name.as_bytes()].concat(),
        );
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &stored].concat());
    }
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let end =
        [&b"PK\x05\x06\0\0\0\0\x04\0\x04\0"[..], &number(directory.len()), &number(file.len()), &[0, 0]]
            .concat();
    [file, directory, end].concat()
}

/// Rules.
pub(crate) fn rules() -> Vec<Vec<u8>> {
    [
        "include Work/**\nexclude \\Trash\nmove Old/Lists=Lists\nregex s|^Lists/(.*)|L/$1|\nrole Sent Items=sent\nWork/a\nOld/Lists/b\nTrash\n",
        "move =Old\nregex s/a/b/\nage 90d\nage 2024-02-29\nsize 25M\nrate 10MB/s\nhours Mon-Fri 20:00-06:00; Sat-Sun\nzone Europe/Rome\nzone -03:30\nINBOX\na\\/b/c\n",
        "regex s|(.*)|$1$1$1|\nregex s|a{1,50}|x|\nsize 1G\nrate 0\nhours Mon 00:00-24:00\naaaa/bbbb\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
