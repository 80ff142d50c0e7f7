//! Settings as a whole: which source wins, what every keyword becomes, what is refused, and that nothing shows a
//! password.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::keyword::{KEYWORDS, Support, is_secret};
use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment {
        variables: variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
        user: Some("osuser".to_owned()),
        socket_dirs: vec!["/sockets".into()],
        ..Environment::default()
    }
}

fn dbname(text: &str) -> Flags {
    Flags { dbname: Some(text.to_owned()), ..Flags::default() }
}

fn resolve(text: &str) -> Settings {
    Settings::resolve(&dbname(text), &environment(&[])).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

fn refusal(text: &str) -> String {
    format!("{0:#} {0:#?}", Settings::resolve(&dbname(text), &environment(&[])).expect_err(text))
}

#[test]
fn without_any_source_the_defaults_are_libpqs_but_for_an_end_of_waiting() {
    let settings = Settings::resolve(&Flags::default(), &environment(&[])).unwrap();
    assert_eq!(settings.target(), "\"osuser\" on /sockets:5432 as osuser");
    assert_eq!(settings.password, None);
    assert_eq!(settings.sslmode, SslMode::Prefer);
    assert_eq!(settings.channel_binding, ChannelBinding::Prefer);
    assert_eq!(settings.connect_timeout, Some(Duration::from_secs(30)));
    assert_eq!(settings.keepalives, Some(Keepalives::default()));
    assert_eq!(settings.application_name, "pgtend");
    assert!(settings.sources.is_empty() && settings.warnings.is_empty());
}

#[test]
fn the_target_follows_psqls_rules() {
    for (text, target) in [
        ("shop", "\"shop\" on /sockets:5432 as osuser"),
        ("Shop & Co", "\"Shop & Co\" on /sockets:5432 as osuser"),
        ("mail@example.com", "\"mail@example.com\" on /sockets:5432 as osuser"),
        ("", "\"osuser\" on /sockets:5432 as osuser"),
        ("user=alice", "\"alice\" on /sockets:5432 as alice"),
        ("dbname=shop user=", "\"shop\" on /sockets:5432 as osuser"),
        ("host=db1 port='' dbname=shop", "\"shop\" on db1:5432 as osuser"),
        ("dbname='a=b'", "\"a=b\" on /sockets:5432 as osuser"),
        ("dbname=postgresql://x", "\"postgresql://x\" on /sockets:5432 as osuser"),
        ("postgres://alice@db1/shop", "\"shop\" on db1:5432 as alice"),
        ("postgres://alice:secret@db1", "\"alice\" on db1:5432 as alice"),
        ("postgres://[::1]:1/shop", "\"shop\" on [::1]:1 as osuser"),
        ("postgres://db1,db2:2/shop", "\"shop\" on db1:5432,db2:2 as osuser"),
        ("host=db1,db2 port=1", "\"osuser\" on db1:1,db2:1 as osuser"),
        ("host=,db2 port=1,", "\"osuser\" on /sockets:1,db2:5432 as osuser"),
        ("host=/a,/b", "\"osuser\" on /a:5432,/b:5432 as osuser"),
        ("hostaddr=10.0.0.1", "\"osuser\" on 10.0.0.1:5432 as osuser"),
        ("host=db1 hostaddr=10.0.0.1", "\"osuser\" on db1:5432 as osuser"),
        ("postgres://%2Fvar%2Frun:1/shop", "\"shop\" on /var/run:1 as osuser"),
        ("dbname='a\nb'", "\"a\\nb\" on /sockets:5432 as osuser"),
    ] {
        assert_eq!(resolve(text).target(), target, "{text}");
    }
}

#[test]
fn every_keyword_is_honoured() {
    let settings = resolve(
        "host=db1 hostaddr=10.0.0.1 port=6000 dbname=shop user=alice password=sesame channel_binding=require \
         connect_timeout=7 options='-c geqo=off' application_name=app keepalives=1 keepalives_idle=10 \
         keepalives_interval=3 keepalives_count=4 tcp_user_timeout=1500 sslmode=verify-ca sslnegotiation=direct \
         sslcert=/c sslkey=/k sslrootcert=/r sslcrl=/l sslsni=0 ssl_min_protocol_version=TLSv1.3 \
         ssl_max_protocol_version=TLSv1.3 target_session_attrs=prefer-standby load_balance_hosts=random",
    );
    let address = Some("10.0.0.1".parse().unwrap());
    assert_eq!(settings.hosts, [Host::Tcp { name: Some("db1".into()), address, port: 6000 }]);
    assert_eq!((settings.dbname.as_str(), settings.user.as_str()), ("shop", "alice"));
    assert_eq!(settings.password, Some(Secret::new("sesame")));
    assert_eq!(settings.channel_binding, ChannelBinding::Require);
    assert_eq!(settings.connect_timeout, Some(Duration::from_secs(7)));
    assert_eq!(settings.options.as_deref(), Some("-c geqo=off"));
    assert_eq!(settings.application_name, "app");
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(
        settings.keepalives,
        Some(Keepalives { idle: seconds(10), interval: seconds(3), count: Some(4) })
    );
    assert_eq!(settings.tcp_user_timeout, Some(Duration::from_millis(1500)));
    assert_eq!(settings.sslmode, SslMode::VerifyCa);
    assert_eq!(settings.sslnegotiation, SslNegotiation::Direct);
    assert_eq!(settings.sslcert.as_deref(), Some(Path::new("/c")));
    assert_eq!(settings.sslkey.as_deref(), Some(Path::new("/k")));
    assert_eq!(settings.sslrootcert, Some(RootCertificate::File("/r".into())));
    assert_eq!(settings.sslcrl.as_deref(), Some(Path::new("/l")));
    assert!(!settings.sslsni);
    assert_eq!(settings.ssl_min_protocol_version, TlsVersion::Tls13);
    assert_eq!(settings.ssl_max_protocol_version, TlsVersion::Tls13);
    assert_eq!(settings.target_session_attrs, TargetSessionAttrs::PreferStandby);
    assert_eq!(settings.load_balance_hosts, LoadBalanceHosts::Random);
}

#[test]
fn odd_values_mean_what_they_mean_to_libpq() {
    assert_eq!(resolve("connect_timeout=0").connect_timeout, None);
    assert_eq!(resolve("connect_timeout=-1").connect_timeout, None);
    assert_eq!(resolve("connect_timeout=' 5 '").connect_timeout, Some(Duration::from_secs(5)));
    assert_eq!(resolve("keepalives=0 keepalives_idle=5").keepalives, None);
    assert_eq!(resolve("sslrootcert=system").sslmode, SslMode::VerifyFull);
    assert_eq!(resolve("sslrootcert=system").sslrootcert, Some(RootCertificate::System));
    assert_eq!(resolve("ssl_min_protocol_version=TLSv1").ssl_min_protocol_version, TlsVersion::Tls12);
    assert_eq!(resolve("fallback_application_name=f").application_name, "f");
    assert_eq!(resolve("fallback_application_name=f application_name=a").application_name, "a");
    let flags = Flags { application_name: Some("pgtend x".into()), ..Flags::default() };
    assert_eq!(Settings::resolve(&flags, &environment(&[])).unwrap().application_name, "pgtend x");
    let named = environment(&[("PGAPPNAME", "ci")]);
    assert_eq!(Settings::resolve(&flags, &named).unwrap().application_name, "ci");
}

#[test]
fn every_variable_is_read() {
    let by_variable = |variable: &str, value: &str| {
        let settings = Settings::resolve(&Flags::default(), &environment(&[(variable, value)])).unwrap();
        let shown = format!("{settings:?}");
        (shown, settings)
    };
    for (variable, value, shown) in [
        ("PGHOST", "db1", "name: Some(\"db1\")"),
        ("PGHOSTADDR", "10.0.0.1", "address: Some(10.0.0.1)"),
        ("PGPORT", "6000", "port: 6000"),
        ("PGDATABASE", "shop", "dbname: \"shop\""),
        ("PGUSER", "alice", "user: \"alice\""),
        ("PGPASSWORD", "sesame", "password: Some(***)"),
        ("PGOPTIONS", "-c x=y", "options: Some(\"-c x=y\")"),
        ("PGAPPNAME", "app", "application_name: \"app\""),
        ("PGSSLMODE", "verify-full", "sslmode: VerifyFull"),
        ("PGSSLROOTCERT", "/r", "sslrootcert: Some(File(\"/r\"))"),
        ("PGSSLCERT", "/c", "sslcert: Some(\"/c\")"),
        ("PGSSLKEY", "/k", "sslkey: Some(\"/k\")"),
        ("PGSSLCRL", "/l", "sslcrl: Some(\"/l\")"),
        ("PGCHANNELBINDING", "disable", "channel_binding: Disable"),
        ("PGCONNECT_TIMEOUT", "9", "connect_timeout: Some(9s)"),
        ("PGTARGETSESSIONATTRS", "primary", "target_session_attrs: Primary"),
        ("PGLOADBALANCEHOSTS", "random", "load_balance_hosts: Random"),
    ] {
        let (settings, resolved) = by_variable(variable, value);
        assert!(settings.contains(shown), "{variable}: {settings}");
        assert!(resolved.sources.values().any(|source| *source == Source::Variable(variable)), "{variable}");
    }
    let direct = environment(&[("PGSSLNEGOTIATION", "direct"), ("PGSSLMODE", "require")]);
    let settings = Settings::resolve(&Flags::default(), &direct).unwrap();
    assert_eq!(settings.sslnegotiation, SslNegotiation::Direct);
}

/// Takes the sources away from the top, one after the other.
#[test]
fn the_first_source_that_speaks_wins() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("services"), "[s]\nport=4\nuser=service\ndbname=service\noptions=service\n")
        .unwrap();
    let servicefile = dir.path().join("services");
    let mut environment = environment(&[
        ("DATABASE_URL", "postgres://url@db1:3/url"),
        ("PGSERVICE", "s"),
        ("PGSERVICEFILE", servicefile.to_str().unwrap()),
        ("PGPORT", "5"),
        ("PGOPTIONS", "variable"),
        ("PGAPPNAME", "variable"),
    ]);
    let port = |flags: &Flags, environment: &Environment| {
        let settings = Settings::resolve(flags, environment).unwrap();
        (settings.hosts[0].port(), settings.sources["port"].to_string())
    };
    let mut flags = dbname("port=1");
    flags.port = Some("2".to_owned());
    assert_eq!(port(&flags, &environment), (1, "--dbname".to_owned()));
    flags.dbname = Some("shop".to_owned());
    assert_eq!(port(&flags, &environment), (2, "--port".to_owned()));
    flags.port = None;
    assert_eq!(port(&flags, &environment), (3, "DATABASE_URL".to_owned()));
    let settings = Settings::resolve(&flags, &environment).unwrap();
    assert_eq!(
        settings.target(),
        "\"shop\" on db1:3 as url",
        "a name in -d is a database beside the variable's"
    );
    assert_eq!(settings.options.as_deref(), Some("service"));
    assert_eq!(settings.application_name, "variable");
    environment.variables.remove("DATABASE_URL");
    assert_eq!(port(&flags, &environment), (4, format!("[s] in {}", servicefile.display())));
    environment.variables.remove("PGSERVICE");
    assert_eq!(port(&flags, &environment), (5, "PGPORT".to_owned()));
    let service = "service=s";
    assert_eq!(port(&dbname(service), &environment).0, 4);
    flags.service = Some("s".to_owned());
    assert_eq!(port(&flags, &environment).0, 4);
}

#[test]
fn an_empty_value_asks_for_the_default() {
    let environment = environment(&[("PGHOST", "db1"), ("PGPASSWORD", "sesame"), ("DATABASE_URL", "")]);
    let settings = Settings::resolve(&dbname("host='' password=''"), &environment).unwrap();
    assert_eq!(settings.target(), "\"osuser\" on /sockets:5432 as osuser");
    assert_eq!(settings.password, None);
}

/// The password of one server must not reach another.
#[test]
fn database_url_is_used_as_a_whole_or_not_at_all() {
    let mut url = environment(&[("DATABASE_URL", "postgres://alice:sesame@db1/shop")]);
    url.service_dirs = vec!["/nowhere".into()];
    let password = |flags: &Flags| Settings::resolve(flags, &url).map(|settings| settings.password);
    assert!(password(&Flags::default()).unwrap().is_some());
    assert!(password(&dbname("other")).unwrap().is_some());
    assert_eq!(password(&dbname("host=db2")).unwrap(), None);
    assert_eq!(password(&dbname("postgres://db2")).unwrap(), None);
    assert_eq!(password(&Flags { host: Some("db2".into()), ..Flags::default() }).unwrap(), None);
    assert!(password(&Flags { service: Some("s".into()), ..Flags::default() }).is_err());
}

#[test]
fn what_cannot_be_used_is_named_with_its_source() {
    for (text, told) in [
        ("port=0", "port 0 (from --dbname) is not between 1 and 65535"),
        ("port=65536", "port 65536 (from --dbname) is not between 1 and 65535"),
        ("port=five", "the port (from --dbname) is not a number"),
        ("host=a port=-1", "the port (from --dbname) is not a number"),
        ("host=a,b port=1,2,3", "could not match 3 port numbers to 2 hosts"),
        ("host=a,b hostaddr=10.0.0.1", "could not match 2 host names to 1 hostaddr values"),
        ("hostaddr=db1", "hostaddr \"db1\" is not an IP address"),
        ("host=@abstract", "pgtend reads no abstract sockets"),
        ("connect_timeout=5s", "connect_timeout \"5s\" (from --dbname) is not a whole number"),
        ("keepalives_count=99999999999", "is too large"),
        ("sslmode=verify_full", "is not one of disable, allow, prefer, require, verify-ca, verify-full"),
        ("sslmode=verify_full", "did you mean verify-full?"),
        ("sslmode=require sslrootcert=system", "too weak for sslrootcert=system"),
        ("sslnegotiation=direct", "sslnegotiation \"direct\" (from --dbname) needs more than sslmode prefer"),
        ("ssl_max_protocol_version=TLSv1.1", "is older than TLSv1.2"),
        ("ssl_min_protocol_version=TLSv1.3 ssl_max_protocol_version=TLSv1.2", "is newer than"),
        ("target_session_attrs=master", "is not one of any, read-write"),
        ("channel_binding=yes", "is not one of disable, prefer, require"),
        ("sslmod=require", "did you mean sslmode?"),
        ("dbname='a\0b'", "dbname holds a NUL byte"),
        ("service=none", "the service \"none\" is not defined"),
        ("mysql://a:b@db1/shop", "not a PostgreSQL connection string"),
        ("jdbc:postgresql://db1/shop?user=a", "not a PostgreSQL connection string"),
        ("alice:secret@db1/shop", "not a PostgreSQL connection string"),
    ] {
        let error = refusal(text);
        assert!(error.contains(told), "{text}: {error}");
    }
    let no_user = Environment { user: None, ..environment(&[]) };
    let error = format!("{:#?}", Settings::resolve(&Flags::default(), &no_user).unwrap_err());
    assert!(error.contains("name one with --username"), "{error}");
    assert!(Settings::resolve(&dbname("user=a"), &no_user).is_ok());
    let error = Settings::resolve(&Flags::default(), &environment(&[("DATABASE_URL", "shop")])).unwrap_err();
    assert!(
        format!("{error:#}").contains("read DATABASE_URL: not a PostgreSQL connection string"),
        "{error:#}"
    );
}

#[test]
fn what_would_be_less_safe_when_passed_over_is_refused() {
    for (text, refused) in [
        ("gssencmode=require", true),
        ("gssencmode=prefer", false),
        ("gssencmode=disable", false),
        ("require_auth=scram-sha-256", true),
        ("require_auth=", false),
        ("requirepeer=postgres", true),
        ("sslcrldir=/x", true),
        ("sslpassword=secret", true),
        ("sslcertmode=require", true),
        ("sslcertmode=allow", false),
        ("replication=database", true),
        ("replication=false", false),
        ("min_protocol_version=3.2", true),
        ("max_protocol_version=3.2", false),
        ("oauth_client_id=x", true),
        ("client_encoding=latin1", false),
        ("sslcompression=1 krbsrvname=x gsslib=gssapi gssdelegation=1 sslkeylogfile=/x", false),
    ] {
        let resolved = Settings::resolve(&dbname(text), &environment(&[]));
        assert_eq!(resolved.is_err(), refused, "{text}");
        if let Err(error) = resolved {
            assert!(format!("{error:#}").contains("(from --dbname) cannot be honoured"), "{error:#}");
        }
    }
    let error = Settings::resolve(&Flags::default(), &environment(&[("PGREQUIREAUTH", "none")])).unwrap_err();
    assert!(format!("{error:#}").contains("require_auth (from PGREQUIREAUTH)"), "{error:#}");
}

#[test]
fn files_below_the_home_directory_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let at_home = Environment { home: Some(dir.path().to_owned()), ..environment(&[]) };
    let before = Settings::resolve(&Flags::default(), &at_home).unwrap();
    assert_eq!((before.sslrootcert, before.sslcert, before.sslcrl), (None, None, None));
    let own = dir.path().join(".postgresql");
    fs::create_dir(&own).unwrap();
    for file in ["root.crt", "root.crl", "postgresql.crt"] {
        fs::write(own.join(file), "").unwrap();
    }
    let after = Settings::resolve(&Flags::default(), &at_home).unwrap();
    assert_eq!(after.sslrootcert, Some(RootCertificate::File(own.join("root.crt"))));
    assert_eq!(after.sslcrl, Some(own.join("root.crl")));
    assert_eq!(after.sslcert, Some(own.join("postgresql.crt")));
    assert_eq!(after.sslkey, Some(own.join("postgresql.key")));
    let without = Settings::resolve(&dbname("sslcertmode=disable"), &at_home).unwrap();
    assert_eq!((without.sslcert, without.sslkey), (None, None));
}

#[test]
fn the_socket_directory_is_the_one_with_a_socket() {
    let dir = tempfile::tempdir().unwrap();
    let dirs = ["absent", "empty", "used"].map(|name| dir.path().join(name));
    fs::create_dir(&dirs[1]).unwrap();
    fs::create_dir(&dirs[2]).unwrap();
    fs::write(dirs[2].join(".s.PGSQL.6000"), "").unwrap();
    let environment = Environment { socket_dirs: dirs.clone().into(), ..environment(&[]) };
    let host = |port: &str| {
        Settings::resolve(&dbname(&format!("port={port}")), &environment).unwrap().hosts[0].clone()
    };
    assert_eq!(host("6000"), Host::Socket { dir: dirs[2].clone(), port: 6000 });
    assert_eq!(host("6001"), Host::Socket { dir: dirs[1].clone(), port: 6001 });
}

#[test]
fn the_password_file_is_asked_for_each_host() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pgpass");
    fs::write(
        &path,
        "db1:5432:shop:alice:one\ndb2:5432:*:alice:two\n10.0.0.1:*:*:*:three\nlocalhost:*:*:*:local\n/run/own:*:*:*:own\n",
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let environment = environment(&[("PGPASSFILE", path.to_str().unwrap()), ("PGUSER", "alice")]);
    let passwords = |text: &str| {
        let settings = Settings::resolve(&dbname(text), &environment).unwrap();
        let reveal = |host| settings.password_for(host).map_or("-", Secret::reveal).to_owned();
        settings.hosts.iter().map(reveal).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(passwords("host=db1,db2,db3 dbname=shop"), "one two -");
    assert_eq!(passwords("host=db1,db2 dbname=other"), "- two");
    assert_eq!(passwords("hostaddr=10.0.0.1"), "three");
    assert_eq!(passwords("host=db3 hostaddr=10.0.0.1"), "-");
    assert_eq!(passwords("host=localhost"), "local");
    assert_eq!(passwords("host=/var/run/postgresql"), "local");
    assert_eq!(passwords("host=/tmp"), "local");
    assert_eq!(passwords("host=/run/own"), "own");
    assert_eq!(passwords("host=db1 dbname=shop password=given"), "given");
    let other = Settings::resolve(&dbname("host=db1 dbname=other"), &environment).unwrap();
    assert_eq!(other.password_for(&other.hosts[0]), None);
    let shop = other.with_dbname("shop");
    assert_eq!(shop.password_for(&shop.hosts[0]), Some(&Secret::new("one")));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let open = Settings::resolve(&dbname("host=db1 dbname=shop"), &environment).unwrap();
    assert_eq!(open.password_for(&open.hosts[0]), None);
    assert!(open.warnings[0].contains("group or world access"), "{:?}", open.warnings);
    let given = Settings::resolve(&dbname("host=db1 password=x"), &environment).unwrap();
    assert!(given.warnings.is_empty(), "the file is not needed");
}

#[test]
fn settings_for_a_socket_depend_on_nothing_else() {
    let settings = Settings::for_socket(Path::new("/s"), 7, "postgres", "shop");
    assert_eq!(settings.target(), "\"shop\" on /s:7 as postgres");
    let other = settings.with_dbname("other").with_password(Secret::new("sesame"));
    assert_eq!(other.target(), "\"other\" on /s:7 as postgres");
    assert_eq!(other.sources["password"], Source::Pgtend);
}

#[test]
fn no_password_is_ever_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pgpass");
    fs::write(&path, "*:*:*:*:swordfish\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut shown = Vec::new();
    for (variable, value) in [
        ("PGPASSWORD", "swordfish"),
        ("PGPASSFILE", path.to_str().unwrap()),
        ("DATABASE_URL", "postgres://alice:swordfish@db1/shop"),
        ("DATABASE_URL", "postgres:/alice:swordfish@db1/shop"),
        ("DATABASE_URL", "host=db1 password='swordfish"),
        ("DATABASE_URL", "mysql://swordfish"),
    ] {
        let environment = environment(&[(variable, value)]);
        shown.push(format!("{environment:?}"));
        match Settings::resolve(&Flags::default(), &environment) {
            Ok(settings) => shown.push(format!("{settings:?} {settings:#?} {}", settings.target())),
            Err(error) => shown.push(format!("{error:?} {error:#} {error:#?}")),
        }
    }
    for keyword in KEYWORDS.iter().filter(|keyword| is_secret(keyword.name)) {
        let text = format!("{}=swordfish", keyword.name);
        shown.push(format!("{:?} {:?}", dbname(&text), conninfo::parse(&text).unwrap()));
        match Settings::resolve(&dbname(&text), &environment(&[])) {
            Ok(settings) => shown.push(format!("{settings:?}")),
            Err(error) => shown.push(format!("{error:?} {error:#?}")),
        }
    }
    let secret = Secret::new("swordfish");
    shown.push(format!("{secret:?} {secret}"));
    shown.push(format!("{:?}", Settings::for_socket(Path::new("/s"), 1, "a", "b").with_password(secret)));
    for text in shown {
        assert!(!text.contains("swordfish"), "{text}");
    }
}

#[test]
fn every_keyword_of_libpq_is_known() {
    for keyword in KEYWORDS {
        let harmless = match keyword.support {
            Support::Only(values, _) => values.last().copied().unwrap_or_default(),
            Support::Harmless | Support::Honoured => "",
        };
        resolve(&format!("{}={}", keyword.name, conninfo::quote(harmless)));
    }
}

proptest::proptest! {
    #[test]
    fn no_input_makes_it_panic(text: String, url: String, port: String, timeout: String) {
        let flags = Flags { dbname: Some(text), port: Some(port), ..Flags::default() };
        let _ = Settings::resolve(&flags, &environment(&[("DATABASE_URL", &url), ("PGCONNECT_TIMEOUT", &timeout)]));
        let _ = Settings::resolve(&dbname(&format!("postgres://{url}")), &environment(&[]));
    }
}
