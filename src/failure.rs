//! Why a run ended, in the form that its caller needs: an exit code, and a way out for the reader.
//! Everything else about an error travels in the `anyhow` chain: what was attempted, on what, and the cause.
use std::error::Error as StdError;
use std::fmt;

/// Published exit codes. `README.md` and `pgtend help exit-codes` say the same as these comments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// An SQL error, a failed verification, an I/O error.
    Failed,
    /// Wrong use, bad configuration, consent missing.
    Usage,
    /// A check found something pending or wrong; nothing was changed.
    Found,
    /// Cannot connect, or not permitted.
    Denied,
    /// The lock budget is spent, or another run holds the target; safe to run again.
    Busy,
    /// Some targets failed, the others are finished.
    Partly,
    /// Stopped by SIGINT, after the server was told to cancel.
    Interrupted,
    /// Stopped by SIGTERM, after the server was told to cancel.
    Terminated,
    /// Of commands that end by another convention: `sandbox run` as what it ran, `health` as a Nagios plugin (0 OK,
    /// 1 WARNING, 2 CRITICAL, 3 UNKNOWN).
    Foreign(u8),
}

impl Exit {
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Found => 3,
            Self::Denied => 4,
            Self::Busy => 5,
            Self::Partly => 6,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Foreign(code) => code,
        }
    }
}

/// An error with an exit code or a hint of its own. Transparent in the chain: it displays as what it wraps.
#[derive(Debug)]
pub struct Failure {
    inner: anyhow::Error,
    pub exit: Option<Exit>,
    pub hint: Option<String>,
    pub detail: Option<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl StdError for Failure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let inner: &(dyn StdError + 'static) = self.inner.as_ref();
        if inner.is::<Self>() { Some(inner) } else { inner.source() }
    }
}

/// The sentences of an error's chain, each once: a [`Failure`] displays as what it wraps.
pub fn sentences(error: &anyhow::Error) -> Vec<String> {
    let mut sentences: Vec<String> = error.chain().map(ToString::to_string).collect();
    sentences.dedup();
    sentences
}

/// The first cause of a type, also where a [`Failure`] wraps it, which shows only what is below.
pub fn cause<T: StdError + Send + Sync + 'static>(error: &anyhow::Error) -> Option<&T> {
    error.chain().find_map(|cause| {
        cause.downcast_ref::<T>().or_else(|| cause.downcast_ref::<Failure>()?.inner.downcast_ref::<T>())
    })
}

/// The whole chain as one line.
pub fn one_line(error: &anyhow::Error) -> String {
    sentences(error).join(": ")
}

/// Adds what the reader needs to an error on its way up.
pub trait Explain {
    type Output;
    /// Decides the exit code, unless a cause further down has decided already.
    fn exit(self, exit: Exit) -> Self::Output;
    /// A command, a flag or a statement that gets the reader out of this.
    fn hint(self, hint: impl Into<String>) -> Self::Output;
    /// Facts that belong to the error but not in its sentence, such as who holds a lock.
    fn detail(self, detail: impl Into<String>) -> Self::Output;
}

impl Explain for anyhow::Error {
    type Output = Self;
    fn exit(self, exit: Exit) -> Self {
        Self::new(Failure { inner: self, exit: Some(exit), hint: None, detail: None })
    }
    fn hint(self, hint: impl Into<String>) -> Self {
        Self::new(Failure { inner: self, exit: None, hint: Some(hint.into()), detail: None })
    }
    fn detail(self, detail: impl Into<String>) -> Self {
        Self::new(Failure { inner: self, exit: None, hint: None, detail: Some(detail.into()) })
    }
}

impl<T, E: Into<anyhow::Error>> Explain for Result<T, E> {
    type Output = anyhow::Result<T>;
    fn exit(self, exit: Exit) -> anyhow::Result<T> {
        self.map_err(|error| error.into().exit(exit))
    }
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| error.into().hint(hint))
    }
    fn detail(self, detail: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| error.into().detail(detail))
    }
}
