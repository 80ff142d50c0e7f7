//! `pgtend schedule systemd`
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::schedule::wants::{CallArgs, tell, wanted};
use crate::failure::{Exit, Explain as _};
use crate::operations::schedule::{check_units, systemd};

/// Print systemd units, write them into a folder, or compare an installed folder
///
/// Afterwards: `systemctl daemon-reload`, and `systemctl enable --now` for each timer.
#[derive(Debug, Args)]
pub struct SystemdArgs {
    #[command(flatten)]
    call: CallArgs,
    /// Write the units into this folder, such as /etc/systemd/system
    #[arg(long, value_name = "FOLDER", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// Compare this folder with what the configuration asks for; exit 3 when it differs
    #[arg(long, value_name = "FOLDER")]
    check: Option<PathBuf>,
}

impl SystemdArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (jobs, program) = (wanted(context)?, self.call.program(context).exit(Exit::Usage)?);
        let units = systemd(&jobs, &program, self.call.user(context)?.as_deref());
        if let Some(folder) = &self.check {
            let differences = check_units(&installed(folder)?, &units);
            return tell(context, "pgtend.schedule.systemd/1", &differences);
        }
        for unit in &units {
            match &self.output {
                Some(_) if context.args.dry_run => context.ui.answer(&unit.file)?,
                Some(folder) => {
                    let file = folder.join(&unit.file);
                    fs::write(&file, &unit.text).with_context(|| format!("write {}", file.display()))?;
                    context.ui.status(&format!("wrote {}", file.display()));
                }
                None => context.ui.answer(&format!("# {}\n{}", unit.file, unit.text))?,
            }
        }
        Ok(Exit::Done)
    }
}

/// The text of each of pgtend's units in a folder.
fn installed(folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut units = BTreeMap::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_unit = name.starts_with("pgtend-") && (name.ends_with(".service") || name.ends_with(".timer"));
        if is_unit {
            let file = folder.join(&name);
            let text = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            units.insert(name, text);
        }
    }
    Ok(units)
}
