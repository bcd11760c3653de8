//! The memory that messages may take on their way through this process, over all passes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a permit stands for, in bytes.
const UNIT: u64 = 1024;
/// Bytes of messages on their way where nobody chose another number.
const DEFAULT: u64 = 192 * 1024 * 1024;

/// The memory that messages may take on their way, over everything that holds a clone of it. Fair: whoever asks first
/// gets it first, so that a large message is not kept waiting by many small ones.
#[derive(Debug, Clone)]
pub struct Memory {
    units: u32,
    free: Arc<Semaphore>,
}

/// A part of the memory; given back when it is dropped.
#[derive(Debug, Default)]
pub struct Held(Option<OwnedSemaphorePermit>);

impl Held {
    /// Gives a part of it away: so many bytes, or what is left.
    pub fn part(&mut self, bytes: u64) -> Self {
        let Some(permit) = &mut self.0 else { return Self(None) };
        let wanted = usize::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(usize::MAX);
        Self(permit.split(wanted.min(permit.num_permits())))
    }
}

impl Default for Memory {
    /// As much as leaves a process with many passes below 512 MiB.
    fn default() -> Self {
        Self::new(DEFAULT)
    }
}

impl Memory {
    /// So many bytes, rounded up to whole KiB; at least one.
    pub fn new(bytes: u64) -> Self {
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(most).clamp(1, most);
        Self { units, free: Arc::new(Semaphore::new(units as usize)) }
    }

    /// Takes room for so many bytes; waits until there is. One message larger than all of the memory takes all of it:
    /// it travels alone. Giving up the wait gives up nothing else.
    pub async fn hold(&self, bytes: u64) -> Held {
        let units = self.units_of(bytes);
        Held(Arc::clone(&self.free).acquire_many_owned(units).await.ok())
    }

    /// The same without waiting; none when there is no room now.
    pub fn try_hold(&self, bytes: u64) -> Option<Held> {
        let permit = Arc::clone(&self.free).try_acquire_many_owned(self.units_of(bytes)).ok()?;
        Some(Held(Some(permit)))
    }

    /// Bytes nobody holds.
    pub fn free(&self) -> u64 {
        self.free.available_permits() as u64 * UNIT
    }

    fn units_of(&self, bytes: u64) -> u32 {
        u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, self.units)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn messages_wait_for_room_in_their_order() {
        let memory = Memory::new(10 * UNIT);
        let first = memory.hold(6 * UNIT).await;
        let large = tokio::spawn({
            let memory = memory.clone();
            async move { memory.hold(8 * UNIT).await }
        });
        tokio::task::yield_now().await;
        assert!(timeout(SOON, memory.hold(1)).await.is_err(), "the small one stands behind the large one");
        assert!(memory.try_hold(1).is_none());
        drop(first);
        let large = large.await.expect("no panic");
        assert_eq!(memory.free(), 2 * UNIT);
        drop(large);
        assert_eq!(memory.free(), 10 * UNIT);
    }

    #[tokio::test]
    async fn what_was_taken_for_many_is_given_back_one_by_one() {
        let memory = Memory::new(10 * UNIT);
        let mut all = memory.hold(8 * UNIT).await;
        let one = all.part(3 * UNIT - 1);
        drop(all);
        assert_eq!(memory.free(), 7 * UNIT);
        drop(one);
        assert_eq!(memory.free(), 10 * UNIT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_larger_than_the_memory_travels_alone() {
        let memory = Memory::new(10 * UNIT);
        let small = memory.hold(1).await;
        assert!(timeout(SOON, memory.hold(1 << 40)).await.is_err());
        assert_eq!(memory.free(), 9 * UNIT, "a wait that was given up keeps nothing");
        drop(small);
        let huge = memory.hold(1 << 40).await;
        assert_eq!(memory.free(), 0);
        drop(huge);
        assert_eq!(memory.free(), 10 * UNIT);
    }
}
