//! What a story is made of, as data: chapters, and the scenes of each.
//! A new chapter is an entry in a list; it must not need a new kind of scene for each step.
use super::application::Application;
use super::fill::Fill;
use crate::pg::sql::Query;

#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// The database that it plays in.
    pub database: &'static str,
    pub chapters: &'static [Chapter],
    /// Command lines for the reader, and what each is for.
    pub to_try: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    pub title: &'static str,
    pub scenes: &'static [Scene],
}

#[derive(Clone, Copy, Debug)]
pub enum Scene {
    /// A paragraph.
    Say(&'static str),
    /// The way to the server, for the reader's own shell.
    Enter,
    /// Files of statements, each sent as one message.
    Load(&'static [Query]),
    Fill(&'static Fill),
    /// A file for the working directory, shown to the reader.
    Write {
        name: &'static str,
        text: &'static str,
    },
    /// A statement that the reader would type in psql.
    Psql(Query),
    /// The same, for its rows and the time that they took.
    Ask(Query),
    Run(Run),
    /// A question about the application's acknowledged writes, whose numbers stand in a table `acknowledged`.
    Prove(&'static Application, Query),
    /// The command while an application is at work that must not be held up, and what that noticed of it.
    RunBeside(&'static Application, Run),
}

/// One command line of pgtend.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Without the program's name. As a shell does, `*` in a file's name stands for what is there.
    pub words: &'static [&'static str],
    /// Any other exit code ends the story.
    pub code: i32,
    /// The code is what the reader should see.
    pub code_shown: bool,
}

/// A command that ends with success.
pub const fn run(words: &'static [&'static str]) -> Run {
    Run { words, code: 0, code_shown: false }
}

/// A command whose exit code is the point.
pub const fn run_for_code(words: &'static [&'static str], code: i32) -> Run {
    Run { words, code, code_shown: true }
}

impl Run {
    /// As it is typed in a shell.
    pub fn typed(&self) -> String {
        let words = self.words.iter().map(|word| {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:*".contains(c));
            if plain { (*word).to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
        });
        ["pgtend".to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_a_shell_takes_it() {
        let drop = run(&["partition", "drop", "audit_logs", "--keep", "6 months", "--dry-run"]);
        assert_eq!(drop.typed(), "pgtend partition drop audit_logs --keep '6 months' --dry-run");
        assert_eq!(run(&["--name", "it's"]).typed(), r"pgtend --name 'it'\''s'");
    }
}
