//! A clock for tests that talk over real sockets: it stands still while anything moves and jumps when nothing does.
//!
//! tokio's paused time alone would jump whenever every task waits, and an answer that is in the kernel already would
//! come after its time limit. So the runtime is made to look at its sockets a few times more before the clock may go.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    task::{Poll, Waker},
    time::Duration,
};

use tokio::{runtime::Builder, task::JoinHandle, time::timeout};

/// Looks at the sockets that must find nothing before the clock goes on.
const LOOKS: u32 = 4;
/// Between two of them.
const BETWEEN: Duration = Duration::from_micros(60);
/// A test that waits so long, on its own clock, waits for nothing.
const STUCK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

thread_local! {
    /// How often anything was polled that takes part in the test.
    static MOVES: Cell<u64> = const { Cell::new(0) };
    static LOOKED: Cell<(u64, u32)> = const { Cell::new((0, 0)) };
    static KEEPER: RefCell<Option<Waker>> = const { RefCell::new(None) };
}

/// Runs a test on its own thread with its own clock.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime =
        Builder::new_current_thread().enable_all().start_paused(true).on_thread_park(hold_the_clock).build();
    let runtime = runtime.expect("a runtime needs nothing but memory");
    runtime.block_on(async {
        tokio::spawn(keep());
        timeout(STUCK, counted(test)).await.expect("the test waits for something that never comes")
    })
}

/// Starts a task that takes part in the test.
pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(counted(task))
}

/// Counts how often a future is polled.
async fn counted<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        MOVES.set(MOVES.get() + 1);
        future.as_mut().poll(context)
    })
    .await
}

/// Does nothing, but can be woken: a runtime with a task to run looks at its sockets without letting the clock go.
async fn keep() {
    poll_fn(|context| {
        KEEPER.set(Some(context.waker().clone()));
        Poll::<()>::Pending
    })
    .await;
}

fn hold_the_clock() {
    let (moves, looks) = LOOKED.get();
    let looks = if moves == MOVES.get() { looks + 1 } else { 0 };
    if looks >= LOOKS {
        LOOKED.set((MOVES.get(), 0));
        return;
    }
    LOOKED.set((MOVES.get(), looks));
    if looks > 0 {
        std::thread::sleep(BETWEEN);
    }
    if let Some(keeper) = KEEPER.take() {
        keeper.wake();
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        time::{Instant, sleep},
    };

    use super::*;

    #[test]
    fn an_answer_over_a_socket_takes_no_time_and_an_hour_of_waiting_takes_none_either() {
        let began = std::time::Instant::now();
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let address = listener.local_addr().expect("bound");
            spawn(async move {
                let (mut stream, _) = listener.accept().await.expect("a client");
                let mut byte = [0];
                while stream.read_exact(&mut byte).await.is_ok() {
                    stream.write_all(&byte).await.expect("a listener");
                }
            });
            let mut stream = TcpStream::connect(address).await.expect("a server");
            let before = Instant::now();
            for _ in 0..500 {
                stream.write_all(b"x").await.expect("a server");
                let mut byte = [0];
                let answer = timeout(Duration::from_millis(10), stream.read_exact(&mut byte)).await;
                answer.expect("no time passes meanwhile").expect("an answer");
            }
            assert_eq!(before.elapsed(), Duration::ZERO);
            sleep(Duration::from_secs(3600)).await;
            assert_eq!(before.elapsed(), Duration::from_secs(3600));
        });
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
