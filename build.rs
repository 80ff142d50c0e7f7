//! Lists the packs below `migrations/`, so that a new file of one is embedded without being named anywhere.
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    // Looks at everything below it.
    println!("cargo:rerun-if-changed=migrations");
    let mut list = String::from("&[\n");
    for pack in entries(&root)? {
        let name = pack.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // pgtend's own tables are no pack.
        if !pack.is_dir() || name == "pgtend" {
            continue;
        }
        for file in entries(&pack)? {
            let title = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            writeln!(list, "    ({name:?}, {title:?}, include_bytes!({file:?})),")?;
        }
    }
    list.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("packs.rs"), list)?;
    Ok(())
}

fn entries(folder: &PathBuf) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    entries.sort();
    Ok(entries)
}
