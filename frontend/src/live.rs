//! Live streams: whole snapshots by server-sent events, reopened by themselves.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

use crate::{
    browser,
    connection::{Connection, longer},
};

/// The newest snapshot of a stream; none until the first came. Closed with the page that asked for it, and while
/// nobody can see the page: browsers allow only a few connections to one server.
pub(crate) fn live<T>(path: &str) -> ReadSignal<Option<T>>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let path = path.to_owned();
    live_at(Signal::derive(move || path.clone()))
}

/// The same for a path that changes: the snapshot of the old path stays until the first one of the new path came.
pub(crate) fn live_at<T>(path: Signal<String>) -> ReadSignal<Option<T>>
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let (value, set_value) = signal(None);
    follow(path, move |text| {
        if let Ok(snapshot) = serde_json::from_str::<T>(text) {
            // The page may be gone already.
            let _ = set_value.try_set(Some(snapshot));
        }
    });
    value
}

fn follow(path: Signal<String>, take: impl Fn(&str) + 'static) {
    let address = move |path: String| format!("/api/v1/live{path}");
    let stream = Rc::new(Stream {
        url: RefCell::new(address(path.get_untracked())),
        take: Box::new(take),
        connection: Connection::here(),
        source: RefCell::default(),
        retry: Cell::default(),
        wait: Cell::default(),
    });
    stream.open();
    let kept = StoredValue::new_local(stream.clone());
    let turned = stream.clone();
    Effect::new(move |_| {
        let url = address(path.get());
        // The path may have changed before this ran for the first time.
        if *turned.url.borrow() != url {
            turned.url.replace(url);
            // Nobody asks for what nobody can see: it is opened when the page is seen again.
            if browser::hidden() { turned.close() } else { turned.open() }
        }
    });
    let watched = window_event_listener_untyped("visibilitychange", move |_| {
        if browser::hidden() { stream.close() } else { stream.open() }
    });
    on_cleanup(move || {
        watched.remove();
        kept.with_value(|stream| stream.close());
    });
}

struct Stream {
    url: RefCell<String>,
    take: Box<dyn Fn(&str)>,
    connection: Connection,
    source: RefCell<Option<Source>>,
    retry: Cell<Option<TimeoutHandle>>,
    wait: Cell<Duration>,
}

/// An open source with the functions it calls, which must live as long.
struct Source {
    source: EventSource,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _error: Closure<dyn FnMut(Event)>,
}

impl Stream {
    fn open(self: &Rc<Self>) {
        self.close();
        let Ok(source) = EventSource::new(&self.url.borrow()) else { return };
        let stream = self.clone();
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            stream.wait.set(Duration::ZERO);
            stream.connection.find();
            if let Some(text) = event.data().as_string() {
                (stream.take)(&text);
            }
        });
        let stream = self.clone();
        let error = Closure::<dyn FnMut(Event)>::new(move |_| stream.reopen_later());
        source.set_onmessage(Some(message.as_ref().unchecked_ref()));
        source.set_onerror(Some(error.as_ref().unchecked_ref()));
        self.source.replace(Some(Source { source, _message: message, _error: error }));
    }

    /// The event does not tell whether the server is gone or the login ended: the connection finds out.
    fn reopen_later(self: &Rc<Self>) {
        if let Some(open) = &*self.source.borrow() {
            open.source.close();
        }
        self.connection.doubt();
        self.wait.set(longer(self.wait.get()));
        let stream = self.clone();
        let retry = set_timeout_with_handle(move || stream.open(), self.wait.get());
        self.retry.set(retry.ok());
    }

    fn close(&self) {
        if let Some(retry) = self.retry.take() {
            retry.clear();
        }
        if let Some(open) = self.source.take() {
            open.source.set_onmessage(None);
            open.source.set_onerror(None);
            open.source.close();
        }
    }
}
