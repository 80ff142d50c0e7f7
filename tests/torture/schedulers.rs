//! What `pgtend schedule` prints, read by the schedulers' own parsers: Debian's cron, systemd, and the schemas of
//! Kubernetes. They come as packages: run on a Debian with apt, pip and systemd.
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::program::pgtend;

/// Every cadence there is, and words that need quoting for each of them.
const CONFIG: &str = r#"
[schedule]
program = "/bin/true"
connection = ["-d", "service=app application_name='a $b'"]
image = "registry.example/pgtend:1"
namespace = "db"
[[partition]]
table = "events"
keep = "12 months"
archive = false
"#;
const OWN: &str = r#"
[[schedule.job]]
name = "permission-cache"
command = "psql -d service=app -qc \"call clean('50%', $$x$$)\""
every = "15m"
"#;
const AGES: [&str; 6] = ["1m", "10m", "1h", "5h", "1d", "10d"];

fn home() -> TempDir {
    TempDir::with_prefix("pgtend-test-").unwrap()
}

fn print(home: &Path, age: &str, own: &str, arguments: &[&str]) -> String {
    let matview = format!("[[matview]]\nname = \"daily\"\nmax_age = \"{age}\"\n");
    fs::write(home.join("pgtend.toml"), format!("{CONFIG}{own}{matview}")).unwrap();
    pgtend(["schedule"]).directory(home).args(arguments).run().success().stdout
}

/// Runs a program to its end; what it said.
fn run(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(done.status.success(), "{command:?}\n{said}");
    said
}

#[test]
#[ignore = "long; ./x torture runs it"]
fn systemd_verifies_the_units() {
    for age in AGES {
        let home = home();
        print(home.path(), age, OWN, &["systemd", "--output", home.path().to_str().unwrap()]);
        let mut units: Vec<_> = fs::read_dir(home.path()).unwrap().map(|file| file.unwrap().path()).collect();
        units.retain(|file| file.extension().is_some_and(|extension| extension != "toml"));
        assert_eq!(units.len(), 6);
        let said = run(Command::new("systemd-analyze").arg("verify").args(&units));
        assert_eq!(said, "", "{age}");
        for timer in
            units.iter().filter(|unit| unit.extension().is_some_and(|extension| extension == "timer"))
        {
            let text = fs::read_to_string(timer).unwrap();
            let calendar = text.lines().find_map(|line| line.strip_prefix("OnCalendar=")).unwrap();
            run(Command::new("systemd-analyze").args(["calendar", calendar]));
        }
    }
}

#[test]
#[ignore = "long; ./x torture runs it"]
fn cron_reads_the_crontab() {
    let home = home();
    run(Command::new("apt-get").args(["download", "cron"]).current_dir(home.path()));
    let files = fs::read_dir(home.path()).unwrap().map(|file| file.unwrap().path());
    let package = files.into_iter().find(|file| file.extension().is_some_and(|e| e == "deb")).unwrap();
    let root = home.path().join("root");
    run(Command::new("dpkg").arg("-x").args([&package, &root]));
    for age in AGES {
        let crontab = home.path().join("crontab");
        fs::write(&crontab, print(home.path(), age, OWN, &["crontab"])).unwrap();
        // It looks for its spool even to check a syntax; that folder is made where nobody else sees it.
        let within =
            "mount -t tmpfs none /var/spool && mkdir -p /var/spool/cron/crontabs && \"$0\" -n \"$1\"";
        let alone = ["--map-root-user", "--mount", "sh", "-c", within];
        let said = run(Command::new("unshare").args(alone).arg(root.join("usr/bin/crontab")).arg(&crontab));
        assert!(said.contains("syntax of the crontab file was successfully checked"), "{said}");
    }
}

#[test]
#[ignore = "long; ./x torture runs it"]
fn kubernetes_has_a_schema_for_the_jobs() {
    let home = home();
    let packages = home.path().join("packages");
    run(Command::new("pip3").args(["install", "-q", "kubernetes-validate", "--target"]).arg(&packages));
    for age in AGES {
        let jobs = home.path().join("jobs.yaml");
        fs::write(&jobs, print(home.path(), age, "", &["kubernetes"])).unwrap();
        let validate = ["-m", "kubernetes_validate", "--strict"];
        let said = run(Command::new("python3").env("PYTHONPATH", &packages).args(validate).arg(&jobs));
        assert_eq!(said.matches(" passed for resource cronjob/").count(), 2, "{said}");
        assert!(!said.contains("ERROR"), "{said}");
    }
}
