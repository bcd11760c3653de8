//! Something a page fetches: on the way, here, or failed with a way to try again.

use std::{future::Future, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::http::{Answer, Failure},
    browser,
    components::{Alert, Spinner},
    connection::Connection,
};

/// Something fetched, and fetched again on request and when the server is back.
#[derive(Debug)]
pub(crate) struct Loading<T: 'static> {
    value: RwSignal<Option<Answer<T>>>,
    turn: RwSignal<u32>,
}

impl<T> Clone for Loading<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Loading<T> {}

/// Fetches now, and again whenever something changes that `ask` reads.
pub(crate) fn load<T, F>(ask: impl Fn() -> F + 'static) -> Loading<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Answer<T>> + 'static,
{
    let loading = Loading { value: RwSignal::new(None), turn: RwSignal::new(0) };
    let connection = Connection::here();
    let newest = StoredValue::new(0_u32);
    Effect::new(move |_| {
        loading.turn.track();
        connection.recovered();
        newest.update_value(|turn| *turn += 1);
        let turn = newest.get_value();
        let answer = ask();
        spawn_local(async move {
            let answer = answer.await;
            // A slow answer must not replace a newer one; and the page may be gone already.
            if newest.try_get_value() == Some(turn) {
                loading.value.set(Some(answer));
            }
        });
    });
    loading
}

impl<T: Clone + Send + Sync + 'static> Loading<T> {
    /// Fetches again; what is there stays until then.
    pub(crate) fn again(self) {
        self.turn.update(|turn| *turn += 1);
    }

    /// Fetches again now and then, while somebody can see the page.
    pub(crate) fn keep_fresh(self, every: Duration) {
        let again = move || {
            if !browser::hidden() {
                self.again();
            }
        };
        if let Ok(handle) = set_interval_with_handle(again, every) {
            on_cleanup(move || handle.clear());
        }
    }

    /// What is here.
    pub(crate) fn get(self) -> Option<T> {
        self.value.with(|value| value.as_ref().and_then(|value| value.as_ref().ok()).cloned())
    }

    /// Shows it: a spinner first, then what `show` makes of it, or the failure.
    pub(crate) fn view(self, show: impl Fn(T) -> AnyView + Send + 'static) -> impl IntoView {
        move || match self.value.get() {
            None => view! { <Spinner/> }.into_any(),
            Some(Ok(value)) => show(value),
            Some(Err(failure)) => self.failed(&failure).into_any(),
        }
    }

    /// Shows it, or something else when there is no such thing.
    pub(crate) fn view_or(
        self,
        show: impl Fn(T) -> AnyView + Send + 'static,
        missing: impl Fn() -> AnyView + Send + 'static,
    ) -> impl IntoView {
        move || match self.value.get() {
            None => view! { <Spinner/> }.into_any(),
            Some(Ok(value)) => show(value),
            Some(Err(failure)) if failure.is_not_found() => missing(),
            Some(Err(failure)) => self.failed(&failure).into_any(),
        }
    }

    fn failed(self, failure: &Failure) -> impl IntoView + use<T> {
        view! {
            <Alert message=failure.message()>
                <button class="button" type="button" on:click=move |_| self.again()>
                    "Try again"
                </button>
            </Alert>
        }
    }
}
