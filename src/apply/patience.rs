//! How long pgtend may wait for locks: per attempt, and in all. Both are promises to the application's users.
use std::cell::Cell;
use std::time::Duration;

/// What the user allows.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One attempt's wait for all its locks together; who queues behind us waits no longer than this.
    pub lock_timeout: Duration,
    /// All waits of the command together.
    pub budget: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A transaction older than this is waited for before a concurrent statement begins.
pub const OLD_TRANSACTION: Duration = Duration::from_secs(1);

impl Patience {
    /// The lock timeout as sent: below the server's `deadlock_timeout`, so that in a deadlock it is pgtend that gives
    /// way before the server looks for a victim.
    pub fn lock_timeout_ms(&self, deadlock_timeout_ms: i64) -> u32 {
        let ceiling = u32::try_from(deadlock_timeout_ms * 4 / 5).unwrap_or(u32::MAX).max(1);
        u32::try_from(self.lock_timeout.as_millis()).unwrap_or(u32::MAX).clamp(1, ceiling)
    }

    /// No statement that holds locks may run longer than the whole budget.
    pub fn statement_timeout_ms(&self) -> u32 {
        u32::try_from(self.budget.as_millis())
            .unwrap_or(u32::MAX)
            .max(self.lock_timeout_ms(i64::MAX / 8))
            .max(1000)
    }
}

/// What is left of the time that a command may spend waiting. Shared by all its targets.
#[derive(Debug)]
pub struct Budget {
    left: Cell<Duration>,
}

impl Budget {
    pub const fn new(patience: &Patience) -> Self {
        Self { left: Cell::new(patience.budget) }
    }

    pub fn spend(&self, time: Duration) {
        self.left.set(self.left.get().saturating_sub(time));
    }

    pub fn is_spent(&self) -> bool {
        self.left.get().is_zero()
    }

    /// The pause before the next attempt: exponential with jitter, never longer than what is left.
    pub fn pause(&self, attempt: u32) -> Duration {
        let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(7)).min(LONGEST_PAUSE);
        doubled.mul_f64(0.5 + fastrand::f64()).min(self.left.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience =
        Patience { lock_timeout: Duration::from_millis(200), budget: Duration::from_secs(30) };

    #[test]
    fn the_application_is_never_the_deadlock_victim() {
        assert_eq!(PATIENCE.lock_timeout_ms(1000), 200);
        assert_eq!(PATIENCE.lock_timeout_ms(100), 80);
        assert_eq!(PATIENCE.lock_timeout_ms(1), 1);
    }

    #[test]
    fn pauses_grow_and_end_with_the_budget() {
        let budget = Budget::new(&PATIENCE);
        assert!(budget.pause(1) <= Duration::from_millis(75));
        assert!(budget.pause(8) >= Duration::from_secs(2));
        budget.spend(Duration::from_secs(29));
        assert!(budget.pause(20) <= Duration::from_secs(1));
        assert!(!budget.is_spent());
        budget.spend(Duration::from_secs(2));
        assert!(budget.is_spent());
    }
}
