//! Servers that announce more than they were asked for.

use shared::cause::Cause;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::*;

/// What a refusal may cost in memory.
const LITTLE: usize = 64 * 1024;

/// A session with a server that says this, whatever it is asked, and the server's end.
async fn session(says: Vec<u8>) -> (Connection, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let stream = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("connects");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        // Whoever refuses to read on closes.
        _ = stream.write_all(&says).await;
        _ = stream.read_to_end(&mut Vec::new()).await;
    });
    (Connection::new(Transport::Plain(stream), BytesMut::new(), "the source old.example".into()), server)
}

async fn refused(says: Vec<u8>, allowed: u64) -> (String, usize) {
    let (mut connection, server) = session(says).await;
    connection.allow_literals(allowed);
    let error = connection.run(b"NOOP", |_| {}).await.expect_err("it is too much");
    assert_eq!(error.cause, Cause::Protocol);
    let room = connection.input.capacity();
    drop(connection);
    server.await.expect("no panic");
    (error.detail, room)
}

#[tokio::test]
async fn a_literal_that_nobody_asked_for_is_refused_before_room_is_made_for_it() {
    for bytes in [512 << 20, 4 << 30, u64::MAX >> 1] {
        for line in ["* 1 FETCH (UID 1 BODY[] {N}", "* LIST () \"/\" {N}", "* OK {1}\r\n* X ~{N+}"] {
            let says = format!("{}\r\n", line.replace('N', &bytes.to_string())).into_bytes();
            let (detail, room) = refused(says, 0).await;
            assert!(detail.contains(&format!("a literal of {bytes} bytes")), "{detail}");
            assert!(room <= LITTLE, "{line} of {bytes} bytes took {room}");
        }
    }
}

#[tokio::test]
async fn a_message_that_is_much_larger_than_it_was_listed_is_refused_before_room_is_made_for_it() {
    let (detail, room) = refused(b"* 1 FETCH (UID 1 BODY[] {49000000}\r\n".to_vec(), 10_000_000).await;
    assert!(detail.contains("49000000"), "{detail}");
    assert!(room <= LITTLE, "{room}");
}

#[tokio::test]
async fn many_literals_in_one_answer_are_no_more_than_one() {
    let mut says = b"* 1 FETCH (UID 1".to_vec();
    for _ in 0..8 {
        says.extend_from_slice(b" X {1000000}\r\n");
        says.resize(says.len() + 1_000_000, b'x');
    }
    let (detail, room) = refused(says, 0).await;
    assert!(detail.contains("an answer of"), "{detail}");
    assert!(room < 4_000_000, "{room}");
}

#[tokio::test]
async fn a_large_answer_leaves_none_of_its_memory_behind() {
    let mut says = b"* 1 FETCH (UID 1 BODY[] {8000000}\r\n".to_vec();
    says.resize(says.len() + 8_000_000, b'x');
    says.extend_from_slice(b")\r\n* 2 EXISTS\r\n");
    let (mut connection, server) = session(says).await;
    connection.allow_literals(8_000_000);
    let step = connection.step().await.expect("it is allowed");
    assert!(matches!(&step, Step::Data(data) if data.number == Some(1)), "{step:?}");
    // Room that others share cannot be given back: there must be none.
    drop(step);
    assert!(connection.input.capacity() <= LITTLE, "{}", connection.input.capacity());
    let step = connection.step().await.expect("it goes on");
    assert!(matches!(&step, Step::Data(data) if data.number == Some(2)), "{step:?}");
    drop(connection);
    server.await.expect("no panic");
}
