//! Who is logged in, for every part of the panel that asks.

use leptos::prelude::*;
use shared::auth::{Me, Role};

/// Where this browser stands with the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Not known yet.
    Asking,
    /// The first admin is still to be made.
    Setup,
    /// Nobody is logged in.
    Out,
    /// Logged in.
    In(Me),
}

/// The panel's one session.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session(RwSignal<Standing>);

impl Session {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(Standing::Asking))
    }

    /// The session of this panel.
    pub(crate) fn here() -> Self {
        expect_context()
    }

    pub(crate) fn get(self) -> Standing {
        self.0.get()
    }

    pub(crate) fn set(self, standing: Standing) {
        self.0.set(standing);
    }

    /// Nobody is logged in any more. Before anybody was, that is no news.
    pub(crate) fn ended(self) {
        if matches!(self.0.get_untracked(), Standing::In(_)) {
            self.0.set(Standing::Out);
        }
    }

    /// Who is logged in.
    pub(crate) fn me(self) -> Option<Me> {
        match self.0.get() {
            Standing::In(me) => Some(me),
            Standing::Asking | Standing::Setup | Standing::Out => None,
        }
    }

    /// Whether the one who is logged in has a role's rights.
    pub(crate) fn may(self, role: Role) -> bool {
        self.me().is_some_and(|me| me.role.includes(role))
    }
}
