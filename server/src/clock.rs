//! The time of day, as an argument, so that a test can bring its own.

use std::sync::Arc;

use shared::time::Timestamp;

/// Tells the time.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// This machine's clock.
    pub(crate) fn system() -> Self {
        Self(Arc::new(|| std::time::SystemTime::now().into()))
    }

    /// A clock of a test's own.
    #[cfg(test)]
    pub(crate) fn from_fn(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}
