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
    /// On the first of the month.
    Monthly(Daytime),
}

const MINUTES: [u32; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const HOURS: [u32; 7] = [1, 2, 3, 4, 6, 8, 12];
const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
/// What `1month` is, as durations are read: 30.44 days.
const MONTH: u32 = 43_833;

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
    /// Just so often.
    ///
    /// # Errors
    /// When no scheduler can: what is written is what runs.
    pub fn every(time: Duration, minute: u32, at: Daytime) -> anyhow::Result<Self> {
        let minutes = u32::try_from(time.as_secs() / 60).unwrap_or(u32::MAX);
        let even = time.as_secs().is_multiple_of(60);
        match minutes {
            WEEK if even => Ok(Self::Weekly(at)),
            MONTH => Ok(Self::Monthly(at)),
            _ if even && steps().any(|step| step == minutes) => Ok(Self::of(minutes, minute, at)),
            _ => Err(anyhow!(
                "no scheduler runs anything every {}; it can be {} minutes, {} hours, 1day, 1week or 1month",
                humantime::format_duration(time),
                MINUTES.map(|step| step.to_string()).join(", "),
                HOURS.map(|step| step.to_string()).join(", ")
            )),
        }
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
            Self::Monthly(at) => format!("{} {} 1 * *", at.minute, at.hour),
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
            Self::Monthly(at) => format!("*-*-01 {:02}:{:02}:00", at.hour, at.minute),
        }
    }

    #[cfg(test)]
    const fn seconds(self) -> u32 {
        60 * match self {
            Self::Minutes(step) => step,
            Self::Hours(step, _) => step * HOUR,
            Self::Daily(_) => DAY,
            Self::Weekly(_) => WEEK,
            Self::Monthly(_) => MONTH,
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
        let every = |text: &str| Cadence::every(humantime::parse_duration(text).unwrap(), 7, AT);
        for (text, cron, calendar) in [
            ("20m", "*/20 * * * *", "*-*-* *:00/20:00"),
            ("1h", "7 * * * *", "*-*-* *:07:00"),
            ("4h", "7 */4 * * *", "*-*-* 00/4:07:00"),
            ("1day", "15 3 * * *", "*-*-* 03:15:00"),
            ("1week", "15 3 * * 0", "Sun *-*-* 03:15:00"),
            ("1month", "15 3 1 * *", "*-*-01 03:15:00"),
        ] {
            let cadence = every(text).unwrap();
            assert_eq!((cadence.cron().as_str(), cadence.calendar().as_str()), (cron, calendar));
        }
        for text in ["0s", "59s", "61s", "45m", "90m", "5h", "36h", "2days", "2weeks", "1year"] {
            assert!(every(text).is_err(), "{text}");
        }
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
