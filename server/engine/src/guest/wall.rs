//! What the clock on the wall says: for hours of the day and for people; nothing is measured with it.

use std::{fmt, sync::Arc, time::SystemTime};

use shared::time::Timestamp;

/// What the clock on the wall says.
#[derive(Clone)]
pub struct Wall(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Wall {
    /// This machine's clock.
    pub fn system() -> Self {
        Self::new(|| SystemTime::now().into())
    }

    /// Another clock.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wall")
    }
}
