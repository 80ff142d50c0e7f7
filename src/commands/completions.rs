//! `pgtend completions`
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::commands::context::Context;
use crate::failure::Exit;

/// Print shell completions, or write man pages
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell to complete in
    #[arg(required_unless_present = "man")]
    shell: Option<Shell>,
    /// Write man pages to a folder instead
    #[arg(long, value_name = "FOLDER", conflicts_with = "shell")]
    man: Option<PathBuf>,
}

impl CompletionsArgs {
    pub fn run(&self, context: &Context, command: &mut Command) -> anyhow::Result<Exit> {
        if let Some(folder) = &self.man {
            let writing = || format!("write man pages to {}", folder.display());
            std::fs::create_dir_all(folder).with_context(writing)?;
            clap_mangen::generate_to(command.clone(), folder).with_context(writing)?;
        }
        if let Some(shell) = self.shell {
            let mut script = Vec::new();
            clap_complete::generate(shell, command, "pgtend", &mut script);
            context.ui.answer(&String::from_utf8(script)?)?;
        }
        Ok(Exit::Done)
    }
}
