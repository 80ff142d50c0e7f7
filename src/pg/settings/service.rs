//! The connection service file: named groups of parameters, `pg_service.conf` in the manual's section 34.17.
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};

use crate::failure::Explain as _;
use crate::pg::settings::environment::Environment;
use crate::pg::settings::parameters::Parameters;

/// The parameters of a service, and the file that defined it: `named` (from `servicefile` or `PGSERVICEFILE`) or
/// `~/.pg_service.conf`, then the machine's file.
///
/// # Errors
/// When a file cannot be read, is malformed where the service stands, or none defines the service.
pub(super) fn load(
    service: &str,
    named: Option<&Path>,
    environment: &Environment,
) -> anyhow::Result<(Parameters, PathBuf)> {
    let files = files(named, environment);
    for file in &files {
        let text = match fs::read(file) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named != Some(file) => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("read the service file {}", file.display()));
            }
        };
        let found =
            group(&text, service).with_context(|| format!("read the service file {}", file.display()))?;
        if let Some(parameters) = found {
            return Ok((parameters, file.clone()));
        }
    }
    let looked: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Err(anyhow!("the service \"{}\" is not defined", service.escape_debug())).hint(format!(
        "looked for [{}] in {}",
        service.escape_debug(),
        looked.join(", ")
    ))
}

fn files(named: Option<&Path>, environment: &Environment) -> Vec<PathBuf> {
    let own = named.map(Path::to_owned).or_else(|| environment.at_home(".pg_service.conf"));
    let dirs = match environment.variable("PGSYSCONFDIR") {
        Some(dir) => vec![PathBuf::from(dir)],
        None => environment.service_dirs.clone(),
    };
    own.into_iter().chain(dirs.into_iter().map(|dir| dir.join("pg_service.conf"))).collect()
}

/// The parameters of the first group of that name. The first of two equal keywords counts, as in libpq.
fn group(text: &str, service: &str) -> anyhow::Result<Option<Parameters>> {
    let header = format!("[{service}]");
    let mut lines = text.lines().map(str::trim).enumerate().skip_while(|(_, line)| *line != header);
    if lines.next().is_none() {
        return Ok(None);
    }
    let mut parameters = Parameters::default();
    for (index, line) in lines.take_while(|(_, line)| !line.starts_with('[')) {
        if !line.is_empty() && !line.starts_with('#') {
            setting(line, &mut parameters).with_context(|| format!("read line {}", index + 1))?;
        }
    }
    Ok(Some(parameters))
}

fn setting(line: &str, parameters: &mut Parameters) -> anyhow::Result<()> {
    if line.starts_with("ldap") && line.contains("://") {
        bail!("pgtend looks up no services by LDAP");
    }
    let (name, value) = line.split_once('=').context("missing \"=\"")?;
    if name.ends_with(char::is_whitespace) {
        return Err(anyhow!("a space stands before the \"=\""))
            .hint("libpq takes the line as it is: write keyword=value");
    }
    if ["service", "servicefile"].contains(&name) {
        bail!("a service cannot refer to another service");
    }
    if parameters.get(name).is_none() {
        parameters.set(name, value)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "\
# hosts of the shop
host=nobody
[shop]
host=db1
  port=5433
# password=commented
password= two words \r
application_name=a=b
host=second

[other]
broken line
[shop]
user=never
";

    #[test]
    fn a_group_ends_where_the_next_begins() {
        let shop = group(FILE, "shop").unwrap().unwrap();
        let read: Vec<(&str, &str)> = shop.iter().collect();
        let expected =
            [("application_name", "a=b"), ("host", "db1"), ("password", " two words"), ("port", "5433")];
        assert_eq!(read, expected);
        assert!(group(FILE, "sho").unwrap().is_none());
        assert_eq!(group("[empty]", "empty").unwrap().unwrap(), Parameters::default());
    }

    #[test]
    fn a_malformed_line_is_named_by_its_number_alone() {
        for (text, told) in [
            ("[x]\nswordfish", "read line 2: missing \"=\""),
            ("[x]\nport=1\nhost = swordfish", "read line 3: a space stands before"),
            ("[x]\nservice=swordfish", "cannot refer to another service"),
            ("[x]\nldap://swordfish/a=b", "LDAP"),
            ("[x]\npassword=a\nswordfish=b", "read line 3: unknown connection keyword after the password"),
        ] {
            let error = format!("{:#}", group(text, "x").unwrap_err());
            assert!(error.contains(told), "{text}: {error}");
            assert!(!error.contains("swordfish"), "{text}: {error}");
        }
        assert!(group(FILE, "other").is_err());
    }

    #[test]
    fn the_users_file_is_read_before_the_machines() {
        let dir = tempfile::tempdir().unwrap();
        let environment = |variables: &[(&str, &str)]| Environment {
            variables: variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            home: Some(dir.path().join("home")),
            service_dirs: vec![dir.path().join("absent"), dir.path().to_owned()],
            ..Environment::default()
        };
        fs::create_dir(dir.path().join("home")).unwrap();
        fs::write(dir.path().join("pg_service.conf"), "[a]\nhost=machine\n[b]\nhost=machine").unwrap();
        let host = |service: &str, named: Option<&Path>, environment: &Environment| {
            load(service, named, environment)
                .map(|(parameters, _)| parameters.get("host").unwrap().to_owned())
        };
        assert_eq!(host("a", None, &environment(&[])).unwrap(), "machine");
        fs::write(dir.path().join("home/.pg_service.conf"), "[a]\nhost=own").unwrap();
        assert_eq!(host("a", None, &environment(&[])).unwrap(), "own");
        assert_eq!(host("b", None, &environment(&[])).unwrap(), "machine");
        let named = dir.path().join("named");
        let error = format!("{:#}", host("a", Some(&named), &environment(&[])).unwrap_err());
        assert!(error.contains("read the service file") && error.contains("named"), "{error}");
        fs::write(&named, "[c]\nhost=named").unwrap();
        assert_eq!(host("c", Some(&named), &environment(&[])).unwrap(), "named");
        let error =
            format!("{:#}", host("b", None, &environment(&[("PGSYSCONFDIR", "/nowhere")])).unwrap_err());
        assert!(error.contains("the service \"b\" is not defined"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String, body in "[\\[\\]a=# \n\u{e9}]*") {
            let _ = group(&text, "a");
            let _ = group(&format!("[a]\n{body}"), "a");
        }
    }
}
