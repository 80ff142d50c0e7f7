//! `pgtend schedule`: what is printed is what the configuration asks for, in the words that each scheduler reads.
//! `./x torture schedulers` gives it to the schedulers' own parsers.
mod run;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::program::{Program, pgtend};
use crate::support::contains;

const CONFIG: &str = r#"
[schedule]
program = "/opt/pg tend/pgtend"
connection = ["-d", "service=app"]
image = "registry.example/pgtend:1"
daily_at = "03:15"
[[partition]]
table = "events"
keep = "12 months"
archive = false
[[matview]]
name = "daily"
max_age = "1h"
[[matview]]
name = "monthly"
max_age = "1d"
"#;
const OWN: &str = r#"
[[schedule.job]]
name = "permission-cache"
command = "psql -d service=app -qc \"call clean_permission_cache('50%')\""
every = "15m"
"#;

fn home(config: &str) -> TempDir {
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    fs::write(home.path().join("pgtend.toml"), config).unwrap();
    home
}

fn schedule(home: &Path, arguments: &[&str]) -> Program {
    pgtend(["schedule"]).directory(home).args(arguments)
}

/// The lines that cron acts on.
fn lines(crontab: &str) -> Vec<&str> {
    crontab.lines().filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn a_crontab_holds_a_line_for_each_job() {
    let home = home(&format!("{CONFIG}{OWN}"));
    let printed = schedule(home.path(), &["crontab"]).run().success().stdout;
    let lines = lines(&printed);
    assert_eq!(lines.len(), 3, "{printed}");
    let config = home.path().join("pgtend.toml");
    let call = format!(
        "15 3 * * * out=$('/opt/pg tend/pgtend' --config {} -d service=app partition maintain --analyze --yes --quiet 2>&1);",
        config.display()
    );
    contains(lines[0], &call);
    contains(lines[1], "7 * * * * out=$(");
    contains(lines[1], "matview refresh --all --quiet");
    assert_eq!(lines[2], r#"*/15 * * * * psql -d service=app -qc "call clean_permission_cache('50\%')""#);
    let with_user = schedule(home.path(), &["crontab", "--user", "postgres"]).run().success().stdout;
    contains(&with_user, "7 * * * * postgres out=$(");
}

/// What cron would have mailed: the line run by a shell, with a program that ends with some code.
#[test]
fn a_job_is_silent_unless_somebody_should_know() {
    let home = home(CONFIG);
    let program = home.path().join("stand-in");
    for (code, mailed) in [(0, ""), (5, ""), (1, "words\n"), (6, "words\n")] {
        fs::write(&program, format!("#!/bin/sh\necho words >&2\nexit {code}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
        let printed = schedule(home.path(), &["crontab", "--program", program.to_str().unwrap()]);
        let printed = printed.run().success().stdout;
        let line = lines(&printed)[1].strip_prefix("7 * * * * ").unwrap().replace("\\%", "%");
        let ran = Command::new("/bin/sh").args(["-c", &line]).output().unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap(), mailed, "exit {code}");
        assert_eq!(ran.status.code(), Some(if mailed.is_empty() { 0 } else { code }));
    }
}

#[test]
fn an_installed_crontab_is_compared() {
    let home = home(CONFIG);
    let printed = schedule(home.path(), &["crontab"]).run().success().stdout;
    let around = format!("MAILTO=dba\n0 1 * * * other job\n\n{printed}\n0 2 * * * another\n");
    let check = |text: &str| schedule(home.path(), &["crontab", "--check", "-"]).input(text).run();
    assert_eq!(check(&around).success().stdout, "");
    let changed = around.replace("7 * * * *", "8 * * * *");
    let said = check(&changed).code(3).stdout;
    contains(&said, "missing");
    contains(&said, "extra");
    contains(&check("").code(3).stdout, "partition maintain");
    let twice = check(&format!("{around}{printed}")).code(3).stdout;
    assert_eq!(twice.matches("extra").count(), 2, "{twice}");
    let file = home.path().join("crontab");
    fs::write(&file, &changed).unwrap();
    let said = schedule(home.path(), &["crontab", "--json", "--check", file.to_str().unwrap()]).run().code(3);
    let document = said.json();
    assert_eq!(
        (&document["schema"], &document["exit_code"]),
        (&"pgtend.schedule.crontab/1".into(), &3.into())
    );
    assert_eq!(document["differences"].as_array().unwrap().len(), 2);
    schedule(home.path(), &["crontab", "--check", "/nonexistent"]).run().code(1);
}

#[test]
fn units_are_written_and_compared() {
    let home = home(&format!("{CONFIG}{OWN}"));
    let folder = home.path().join("units");
    fs::create_dir(&folder).unwrap();
    let (path, units) = (folder.to_str().unwrap(), |arguments: &[&str]| {
        schedule(home.path(), &["systemd"]).args(arguments).run()
    });
    units(&["--output", path]).success();
    let mut files: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(
        files,
        [
            "pgtend-matview-refresh.service",
            "pgtend-matview-refresh.timer",
            "pgtend-partition-maintain.service",
            "pgtend-partition-maintain.timer",
            "pgtend-permission-cache.service",
            "pgtend-permission-cache.timer",
        ]
    );
    let service = fs::read_to_string(folder.join("pgtend-matview-refresh.service")).unwrap();
    contains(&service, "ExecStart=\"/opt/pg tend/pgtend\" --config ");
    contains(&service, "SuccessExitStatus=5");
    let own = fs::read_to_string(folder.join("pgtend-permission-cache.service")).unwrap();
    contains(
        &own,
        r#"ExecStart=/bin/sh -c "psql -d service=app -qc \"call clean_permission_cache('50%%')\"""#,
    );
    contains(
        &fs::read_to_string(folder.join("pgtend-matview-refresh.timer")).unwrap(),
        "OnCalendar=*-*-* *:07:00",
    );
    units(&["--check", path]).success();
    fs::write(folder.join("other.service"), "").unwrap();
    fs::write(folder.join("pgtend-matview-refresh.service"), format!("# a word\n\n{service}")).unwrap();
    units(&["--check", path]).success();
    fs::write(folder.join("pgtend-matview-refresh.service"), service.replace("=5", "=6")).unwrap();
    fs::remove_file(folder.join("pgtend-partition-maintain.timer")).unwrap();
    fs::write(folder.join("pgtend-stats.timer"), "[Timer]\n").unwrap();
    let said = units(&["--check", path, "--format", "csv"]).code(3).stdout;
    let expected = "kind,what\nmissing,pgtend-partition-maintain.timer\ndifferent,pgtend-matview-refresh.service\nextra,pgtend-stats.timer\n";
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&said), sorted(expected));
}

#[test]
fn kubernetes_jobs_are_printed_and_compared() {
    let home = home(CONFIG);
    let jobs = |arguments: &[&str]| schedule(home.path(), &["kubernetes"]).args(arguments).run();
    let printed = jobs(&["--namespace", "db"]).success().stdout;
    for part in [
        "kind: CronJob",
        "name: pgtend-matview-refresh\n  namespace: \"db\"",
        "schedule: \"7 * * * *\"",
        "image: \"registry.example/pgtend:1\"",
        r#"args: ["-d","service=app","--config","/etc/pgtend/pgtend.toml","matview","refresh","--all"]"#,
    ] {
        contains(&printed, part);
    }
    let file = home.path().join("jobs.yaml");
    fs::write(&file, &printed).unwrap();
    jobs(&["--namespace", "db", "--check", file.to_str().unwrap()]).success();
    contains(&jobs(&["--check", file.to_str().unwrap()]).code(3).stdout, "different");
    let own = self::home(&format!("{CONFIG}{OWN}"));
    let said = schedule(own.path(), &["kubernetes", "--namespace", "db"]).run().success();
    contains(&said.stderr, "the job `permission-cache` is a command of your own");
    assert_eq!(said.stdout, printed);
    let function = "[[schedule.job]]\nname = \"cache\"\nfunction = \"clean\"\nevery = \"15m\"\n";
    let called = self::home(&format!("{CONFIG}{function}"));
    let printed = schedule(called.path(), &["kubernetes"]).run().success().stdout;
    contains(
        &printed,
        r#"args: ["-d","service=app","--config","/etc/pgtend/pgtend.toml","schedule","run","cache"]"#,
    );
}

#[test]
fn what_cannot_be_scheduled_is_refused() {
    let cases = [
        ("", "asks for nothing that a scheduler would run"),
        ("[[matview]]\nname = \"a\"\nmax_age = \"30s\"\n", "no scheduler runs often enough"),
        ("[schedule]\ndaily_at = \"25:00\"\n[[matview]]\nname = \"a\"\n", "`25:00` is no time of the day"),
        (
            "[schedule]\nconnection = [\"-d\", \"postgresql://u:secret@h/d\"]\n[[matview]]\nname = \"a\"\n",
            "holds a password",
        ),
        ("[schedule]\nprogram = \"pgtend\"\n[[matview]]\nname = \"a\"\n", "needs the whole path"),
        (
            "[[schedule.job]]\nname = \"a b\"\ncommand = \"x\"\nevery = \"1h\"\n",
            "a name is of lower-case letters",
        ),
        ("[[schedule.job]]\nname = \"a\"\ncommand = \"x\"\n", "missing field `every`"),
        ("[[schedule.job]]\nname = \"a\"\nevery = \"1h\"\n", "wants either `command` or `function`"),
        ("[[schedule.job]]\nname = \"a\"\nevery = \"1h\"\ncommand = \" \"\n", "says nothing to do"),
        (
            "[[schedule.job]]\nname = \"a\"\nevery = \"1h\"\ncommand = \"x\"\nfunction = \"y\"\n",
            "wants either `command` or `function`",
        ),
        (
            "[[schedule.job]]\nname = \"a\"\ncommand = \"x\"\nevery = \"36h\"\n",
            "no scheduler runs anything every 1day 12h",
        ),
        ("[schedule]\nuser = \"a b\"\n[[matview]]\nname = \"a\"\n", "`a b` is no user of this machine"),
        ("[schedule]\nprogramm = \"x\"\n", "did you mean `program`?"),
    ];
    for (config, why) in cases {
        let home = home(config);
        let said = schedule(home.path(), &["crontab"]).run().code(2);
        contains(&said.stderr, why);
        assert!(!said.stderr.contains("secret@"), "{}", said.stderr);
    }
    let home = home("[[matview]]\nname = \"a\"\n");
    contains(&schedule(home.path(), &["kubernetes"]).run().code(2).stderr, "no image is named");
}

#[test]
fn a_view_without_an_age_is_refreshed_daily() {
    let home = home("[schedule]\nprogram = \"/bin/pgtend\"\n[[matview]]\nname = \"a\"\n");
    contains(&schedule(home.path(), &["crontab"]).run().success().stdout, "57 2 * * * out=$(/bin/pgtend");
}
