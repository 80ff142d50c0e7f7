//! Keeps the floors of the house: a module names only the floors below its own, only `output` prints, every SQL file
//! is used, every test file is listed.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each floor, and those that it may name. `failure` is for all of them.
const FLOORS: &[(&str, &[&str])] = &[
    ("failure", &[]),
    ("pg", &["failure"]),
    ("plan", &["failure", "pg"]),
    ("operations", &["failure", "pg", "plan"]),
    ("apply", &["failure", "pg", "plan"]),
    ("config", &["failure", "operations"]),
    ("sandbox", &["failure"]),
    ("demo", &["failure", "pg", "sandbox"]),
    ("output", &["failure", "pg", "plan", "apply", "demo"]),
    ("commands", &["failure", "pg", "plan", "operations", "apply", "config", "sandbox", "output", "demo"]),
    ("cli", &["failure", "apply", "commands", "output"]),
];

#[test]
fn modules_name_only_the_floors_below() {
    let mut wrong = Vec::new();
    for (floor, below) in FLOORS {
        for (file, line, text) in lines_of_floor(floor) {
            for part in text.split("crate::").skip(1) {
                let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let is_floor = FLOORS.iter().any(|(name, _)| *name == used);
                if is_floor && used != *floor && !below.contains(&used.as_str()) {
                    wrong.push(format!("{file}:{line}: `{floor}` names `{used}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_crate_is_a_floor() {
    let library = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    for module in library.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let module = module.trim_end_matches(';');
        assert!(FLOORS.iter().any(|(name, _)| *name == module), "`{module}` has no floor");
    }
}

#[test]
fn operations_know_no_terminal_no_environment_and_no_clock() {
    let forbidden =
        ["std::env", "Utc::now", "Local::now", "SystemTime::now", "Instant::now", "clap::", "std::io::std"];
    let mut wrong = Vec::new();
    for floor in ["operations", "plan"] {
        for (file, line, text) in lines_of_floor(floor) {
            if let Some(word) = forbidden.iter().find(|word| text.contains(**word)) {
                wrong.push(format!("{file}:{line}: `{word}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn only_output_prints() {
    let printing = ["println!", "eprintln!", "print!(", "eprint!(", "stdout()", "stderr()"];
    let mut wrong = Vec::new();
    for (floor, _) in FLOORS.iter().filter(|(floor, _)| *floor != "output") {
        for (file, line, text) in lines_of_floor(floor) {
            // A child process that shares our stream prints by itself.
            let shared = text.contains("Stdio::from");
            if !shared && printing.iter().any(|word| text.contains(word)) {
                wrong.push(format!("{file}:{line}: {}", text.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_sql_file_is_used_and_says_what_it_is_for() {
    let sources: String =
        files(&root().join("src"), "rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut wrong = Vec::new();
    for file in files(&root().join("sql"), "sql") {
        let name = file.strip_prefix(root().join("sql")).unwrap().display().to_string();
        if !sources.contains(&format!("\"{name}\"")) && !sources.contains(&format!("/sql/{name}\"")) {
            wrong.push(format!("sql/{name} is used by nothing"));
        }
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
        if lines > 3 && !text.starts_with("--") {
            wrong.push(format!("sql/{name} does not begin with what it is for"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_module_begins_with_what_it_is_for() {
    let silent: Vec<String> = files(&root().join("src"), "rs")
        .into_iter()
        .filter(|file| !fs::read_to_string(file).unwrap().starts_with("//!"))
        .map(|file| file.display().to_string())
        .collect();
    assert!(silent.is_empty(), "no module doc in {}", silent.join(", "));
}

#[test]
fn every_test_file_is_listed() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut wrong = Vec::new();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && path.join("main.rs").exists() {
            if !manifest.contains(&format!("tests/{name}/main.rs")) {
                wrong.push(format!("tests/{name}/main.rs is not in Cargo.toml"));
            }
            wrong.extend(forgotten_modules(&path));
        } else if name.ends_with(".rs") && !manifest.contains(&format!("tests/{name}")) {
            wrong.push(format!("tests/{name} is not in Cargo.toml"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Files beside a test's `main.rs` that it does not name.
fn forgotten_modules(folder: &Path) -> Vec<String> {
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    let named: BTreeSet<&str> = main
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("pub ").strip_prefix("mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !matches!(path.file_stem().and_then(|s| s.to_str()), Some(stem) if stem == "main" || named.contains(stem)))
        .map(|path| format!("{} is in no test", path.display()))
        .collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// File, line number and text of every line of code of a floor, without its unit tests.
fn lines_of_floor(floor: &str) -> Vec<(String, usize, String)> {
    let src = root().join("src");
    let mut sources = files(&src.join(floor), "rs");
    sources.extend(Some(src.join(format!("{floor}.rs"))).filter(|file| file.exists()));
    let mut lines = Vec::new();
    for file in sources {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().enumerate().take_while(|(_, line)| *line != "#[cfg(test)]");
        let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
        lines.extend(code.map(|(number, line)| (file.display().to_string(), number + 1, line.to_owned())));
    }
    lines
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
