//! The built program, run as a person would, in an environment that is the same on every machine.
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

/// A command line of pgtend, not run yet.
pub struct Program {
    command: Command,
    input: Option<String>,
}

/// Without any connection, and without a home directory.
pub fn pgtend<const N: usize>(arguments: [&str; N]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pgtend"));
    command.args(arguments).env_clear().env("HOME", "/nonexistent").current_dir("/");
    // What finds PostgreSQL's programs; for coverage, where to write.
    for name in ["PATH", "PGTEND_PG_BIN", "LLVM_PROFILE_FILE"] {
        command.envs(env::var_os(name).map(|value| (name, value)));
    }
    Program { command, input: None }
}

impl Program {
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn directory(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// What the program reads on its standard input; that is empty otherwise.
    pub fn input(mut self, text: &str) -> Self {
        self.input = Some(text.to_owned());
        self
    }

    /// Runs it to its end.
    pub fn run(self) -> Output {
        self.run_watched(|_| {})
    }

    /// Runs it to its end; `started` hears of the process first.
    pub fn run_watched(self, started: impl FnOnce(&Child)) -> Output {
        let shown = format!("{:?}", self.command);
        let child = self.spawn();
        started(&child);
        let done = child.wait_with_output().unwrap();
        Output {
            shown,
            code: done.status.code(),
            stdout: String::from_utf8(done.stdout).unwrap(),
            stderr: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Starts it, for a test that has something to do meanwhile.
    pub fn spawn(mut self) -> Child {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built for this test");
        let (stdin, text) = (child.stdin.take(), self.input.unwrap_or_default());
        // Not here: a program that writes much before it reads would wait for a reader of its own.
        thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(text.as_bytes())));
        child
    }
}

/// What a run said, and its exit code; the code is absent after a signal.
#[derive(Debug)]
pub struct Output {
    shown: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// # Panics
    /// With all that was said, when the code is another one.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        let Self { shown, code, stdout, stderr } = &self;
        assert!(
            *code == Some(expected),
            "expected code {expected}, got {code:?}\n{shown}\n-- stdout\n{stdout}\n-- stderr\n{stderr}"
        );
        self
    }

    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// The one document on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.stdout))
    }
}
