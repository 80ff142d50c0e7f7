//! Texts that several helps share.

pub const EXIT_CODES: &str = "\
Exit codes:
  0         done, or nothing to do
  1         failed
  2         wrong use, bad configuration, consent missing
  3         a check found something pending or wrong; nothing was changed
  4         cannot connect, or not permitted
  5         busy: lock budget spent, or another run holds the target; safe to run again
  6         partly done: some targets failed, the others are finished
  130, 143  stopped by SIGINT, SIGTERM, after the server was told to cancel";
