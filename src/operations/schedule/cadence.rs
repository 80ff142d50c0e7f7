//! How often something runs, as cron and systemd write it. Only steps that divide an hour or a day evenly: cron knows
//! no others.
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};

/// A time of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daytime {
    pub hour: u32,
    pub minute: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every so many minutes.
    Minutes(u32),
    /// Every so many hours, at a minute.
    Hours(u32, u32),
    Daily(Daytime),
    /// On Sundays.
    Weekly(Daytime),
}

const MINUTES: [u32; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const HOURS: [u32; 7] = [1, 2, 3, 4, 6, 8, 12];
const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

impl Daytime {
    pub const fn new(hour: u32, minute: u32) -> Self {
        Self { hour, minute }
    }

    /// # Errors
    /// When it is not written as `03:15`.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let wrong = || anyhow!("`{text}` is no time of the day; write it as `03:15`");
        let (hour, minute) = text.split_once(':').with_context(wrong)?;
        let (hour, minute) = (hour.parse().with_context(wrong)?, minute.parse().with_context(wrong)?);
        ensure!(hour < 24 && minute < 60, wrong());
        Ok(Self { hour, minute })
    }

    /// So many minutes later, on the same day.
    pub const fn later(self, minutes: u32) -> Self {
        let total = (self.hour * HOUR + self.minute + minutes) % DAY;
        Self { hour: total / HOUR, minute: total % HOUR }
    }
}

impl Cadence {
    /// The largest even step that is not longer than a time.
    ///
    /// # Errors
    /// When the time is shorter than a minute.
    pub fn within(time: Duration, minute: u32, at: Daytime) -> anyhow::Result<Self> {
        let minutes = u32::try_from(time.as_secs() / 60).unwrap_or(u32::MAX);
        ensure!(minutes > 0, "no scheduler runs anything more often than once a minute");
        let largest = steps().filter(|step| *step <= minutes).max().unwrap_or(1);
        Ok(Self::of(largest, minute, at))
    }

    const fn of(step: u32, minute: u32, at: Daytime) -> Self {
        match step {
            DAY.. => Self::Daily(at),
            HOUR.. => Self::Hours(step / HOUR, minute),
            _ => Self::Minutes(step),
        }
    }

    /// The five fields of a crontab.
    pub fn cron(self) -> String {
        match self {
            Self::Minutes(1) => "* * * * *".to_owned(),
            Self::Minutes(step) => format!("*/{step} * * * *"),
            Self::Hours(1, minute) => format!("{minute} * * * *"),
            Self::Hours(step, minute) => format!("{minute} */{step} * * *"),
            Self::Daily(at) => format!("{} {} * * *", at.minute, at.hour),
            Self::Weekly(at) => format!("{} {} * * 0", at.minute, at.hour),
        }
    }

    /// As `OnCalendar=` wants it.
    pub fn calendar(self) -> String {
        match self {
            Self::Minutes(step) => format!("*-*-* *:00/{step}:00"),
            Self::Hours(1, minute) => format!("*-*-* *:{minute:02}:00"),
            Self::Hours(step, minute) => format!("*-*-* 00/{step}:{minute:02}:00"),
            Self::Daily(at) => format!("*-*-* {:02}:{:02}:00", at.hour, at.minute),
            Self::Weekly(at) => format!("Sun *-*-* {:02}:{:02}:00", at.hour, at.minute),
        }
    }

    pub const fn seconds(self) -> u32 {
        60 * match self {
            Self::Minutes(step) => step,
            Self::Hours(step, _) => step * HOUR,
            Self::Daily(_) => DAY,
            Self::Weekly(_) => 7 * DAY,
        }
    }
}

fn steps() -> impl Iterator<Item = u32> {
    MINUTES.into_iter().chain(HOURS.into_iter().map(|hours| hours * HOUR)).chain([DAY])
}

/// The longest step at which every view is refreshed before it is older than its `max_age`. A run finds a view due at
/// nine tenths of that age, so a step serves when some multiple of it lies between the two.
pub fn often_enough(ages: &[Duration], minute: u32, at: Daytime) -> Option<Cadence> {
    let serves = |step: u32, age: &Duration| {
        let (age, step) = (age.as_secs() * 10, u64::from(step) * 600);
        let due = age * 9 / 10;
        due.div_ceil(step).max(1) * step <= age
    };
    let mut steps: Vec<u32> = steps().collect();
    steps.sort_unstable();
    let step = steps.into_iter().rev().find(|step| ages.iter().all(|age| serves(*step, age)))?;
    Some(Cadence::of(step, minute, at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AT: Daytime = Daytime::new(3, 15);

    fn enough(minutes: &[u64]) -> Option<String> {
        let ages: Vec<Duration> = minutes.iter().map(|minutes| Duration::from_secs(minutes * 60)).collect();
        often_enough(&ages, 7, AT).map(Cadence::cron)
    }

    #[test]
    fn every_view_is_refreshed_in_time() {
        assert_eq!(enough(&[60]).as_deref(), Some("7 * * * *"));
        assert_eq!(enough(&[60, 1440]).as_deref(), Some("7 * * * *"));
        assert_eq!(enough(&[90]).as_deref(), Some("*/30 * * * *"));
        assert_eq!(enough(&[15, 60]).as_deref(), Some("*/15 * * * *"));
        assert_eq!(enough(&[10080]).as_deref(), Some("15 3 * * *"));
        assert_eq!(enough(&[0]), None);
    }

    #[test]
    fn steps_are_written_for_both_schedulers() {
        let hours = |n: u64| Cadence::within(Duration::from_secs(n * 3600), 7, AT).unwrap();
        assert_eq!(
            (hours(5).cron().as_str(), hours(5).calendar().as_str()),
            ("7 */4 * * *", "*-*-* 00/4:07:00")
        );
        assert_eq!(hours(48).cron(), "15 3 * * *");
        assert_eq!(Cadence::Weekly(AT).cron(), "15 3 * * 0");
        assert_eq!(Cadence::Weekly(AT).calendar(), "Sun *-*-* 03:15:00");
        assert!(Cadence::within(Duration::from_secs(59), 7, AT).is_err());
        assert_eq!(Daytime::new(23, 50).later(20), Daytime::new(0, 10));
        assert!(Daytime::parse("24:00").is_err());
    }

    proptest! {
        /// At a step, the runs of a view that is due at nine tenths of its age are never further apart than its age.
        #[test]
        fn no_age_is_exceeded(minutes in 1_u64..20_000) {
            let age = Duration::from_secs(minutes * 60);
            if let Some(cadence) = often_enough(&[age], 7, AT) {
                let step = u64::from(cadence.seconds());
                let mut waited = step;
                while (waited as f64) < age.as_secs_f64() * 0.9 {
                    waited += step;
                }
                prop_assert!(waited <= age.as_secs(), "{cadence:?} {waited}");
            }
        }
    }
}
