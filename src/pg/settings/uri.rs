//! Connection URIs, `postgresql://alice@db1:5432,db2/shop?sslmode=require`, read by libpq's rules. Stricter in one
//! point: where an `@`, `:` or `/` that belongs to a password was not percent-encoded, the URI is refused, and no
//! piece of it is shown, instead of being taken for a host or a database.
use anyhow::{Context as _, anyhow, bail, ensure};

use crate::failure::Explain as _;
use crate::pg::settings::parameters::Parameters;

const PREFIXES: [&str; 2] = ["postgresql://", "postgres://"];

/// Whether libpq would read the text as a URI.
pub fn is_uri(text: &str) -> bool {
    PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Reads a URI.
///
/// # Errors
/// When it is malformed, or a parameter is unknown.
pub fn parse(text: &str) -> anyhow::Result<Parameters> {
    let rest =
        PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).context("not a PostgreSQL URI")?;
    let mut parameters = Parameters::default();
    let rest = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => {
            credentials(&rest[..at], &mut parameters)?;
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, dbname) = place.split_once('/').unwrap_or((place, ""));
    if place.contains('@') {
        return Err(anyhow!("the URI holds an \"@\" or a \"/\" that is not percent-encoded"))
            .hint("in a password write @ as %40, / as %2F, : as %3A and % as %25");
    }
    hosts(authority, &mut parameters)?;
    if !dbname.is_empty() {
        parameters.set("dbname", decode(dbname)?)?;
    }
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        parameters_of(query, &mut parameters)?;
    }
    Ok(parameters)
}

/// The text with everything percent-encoded that has, or could have, a meaning in a URI.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let hex =
                |digit: u8| char::from_digit(u32::from(digit), 16).unwrap_or_default().to_ascii_uppercase();
            encoded.extend(['%', hex(byte >> 4), hex(byte & 0xf)]);
        }
    }
    encoded
}

fn credentials(text: &str, parameters: &mut Parameters) -> anyhow::Result<()> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    for (name, value) in [("user", user), ("password", password)] {
        if !value.is_empty() {
            parameters.set(name, decode(value)?)?;
        }
    }
    Ok(())
}

/// `host:port,[::1]:port,...`, each part optional; libpq keeps the lists with commas, and so do the parameters.
fn hosts(mut rest: &str, parameters: &mut Parameters) -> anyhow::Result<()> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    loop {
        let (host, after) = match rest.strip_prefix('[') {
            Some(inner) => bracketed(inner)?,
            None => rest.split_at(rest.find([':', ',']).unwrap_or(rest.len())),
        };
        let (port, after) = match after.strip_prefix(':') {
            Some(port) => port.split_at(port.find(',').unwrap_or(port.len())),
            None => ("", after),
        };
        hosts.push(host);
        ports.push(port);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    for (name, list) in [("host", hosts), ("port", ports)] {
        let list = list.join(",");
        if !list.is_empty() {
            parameters.set(name, decode(&list)?)?;
        }
    }
    Ok(())
}

/// An IPv6 address whose opening bracket was read, and what follows its closing one.
fn bracketed(text: &str) -> anyhow::Result<(&str, &str)> {
    let (address, after) =
        text.split_once(']').context("an IPv6 address in the URI has no closing bracket")?;
    ensure!(!address.is_empty(), "an IPv6 address in the URI is empty");
    ensure!(after.is_empty() || after.starts_with([':', ',']), "unexpected text after the \"]\" of the URI");
    Ok((address, after))
}

fn parameters_of(query: &str, parameters: &mut Parameters) -> anyhow::Result<()> {
    for (index, pair) in query.strip_suffix('&').unwrap_or(query).split('&').enumerate() {
        let (name, value) = pair
            .split_once('=')
            .with_context(|| format!("parameter {} of the URI's query has no \"=\"", index + 1))?;
        if value.contains('=') {
            return Err(anyhow!("parameter {} of the URI's query has a second \"=\"", index + 1))
                .hint("write = as %3D inside a value");
        }
        let (name, value) = (decode(name)?, decode(value)?);
        // As in the URIs of JDBC, which libpq reads too.
        if name == "ssl" && value == "true" {
            parameters.set("sslmode", "require")?;
        } else {
            parameters.set(&name, value)?;
        }
    }
    Ok(())
}

fn decode(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(digit).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return Err(anyhow!("a \"%\" in the URI is not followed by two hexadecimal digits"))
                .hint("write % itself as %25");
        };
        match u8::try_from(high * 16 + low) {
            Ok(0) | Err(_) => bail!("the URI holds %00, which no value can contain"),
            Ok(decoded) => bytes.push(decoded),
        }
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("a percent-encoded value of the URI is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pg::settings::conninfo::quote;

    /// The parameters as a connection string, in the order of their names.
    fn read(text: &str) -> String {
        let parameters = parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let pairs: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
        pairs.join(" ")
    }

    #[test]
    fn uris_are_read_by_libpqs_rules() {
        for (text, meaning) in [
            ("postgres://", ""),
            ("postgresql:///", ""),
            ("postgresql:///shop", "dbname=shop"),
            ("postgresql://db1", "host=db1"),
            ("postgresql://db1:5433", "host=db1 port=5433"),
            ("postgresql://:5433", "port=5433"),
            ("postgresql://alice@", "user=alice"),
            ("postgresql://alice@db1", "host=db1 user=alice"),
            ("postgresql://alice:pw@db1/shop", "dbname=shop host=db1 password=pw user=alice"),
            ("postgresql://:pw@db1", "host=db1 password=pw"),
            ("postgresql://alice:@db1", "host=db1 user=alice"),
            ("postgresql://a:p:w?#@db1", "host=db1 password=p:w?# user=a"),
            ("postgresql://a%3Ab:p%40%2F%25@db1", "host=db1 password=p@/% user=a:b"),
            ("postgresql://[::1]:5433/shop", "dbname=shop host=::1 port=5433"),
            ("postgresql://[::1]", "host=::1"),
            ("postgresql://db1,db2/shop", "dbname=shop host=db1,db2 port=,"),
            ("postgresql://db1:1,db2:2", "host=db1,db2 port=1,2"),
            ("postgresql://db1,[2001:db8::1]:2,db3", "host=db1,2001:db8::1,db3 port=,2,"),
            ("postgresql://,", "host=, port=,"),
            ("postgresql://%2Fvar%2Frun:5433/shop", "dbname=shop host=/var/run port=5433"),
            ("postgresql:///shop?host=/tmp&port=1", "dbname=shop host=/tmp port=1"),
            ("postgresql://db1/shop?host=db2", "dbname=shop host=db2"),
            ("postgresql://db1?sslmode=require", "host=db1 sslmode=require"),
            ("postgresql://db1/?ssl=true", "host=db1 sslmode=require"),
            ("postgresql://db1/?", "host=db1"),
            ("postgresql://db1/?user=a&", "host=db1 user=a"),
            ("postgresql:///?options=-c%20geqo%3Doff", "options='-c geqo=off'"),
            ("postgresql:///a%20b", "dbname='a b'"),
            ("postgresql:///a/b", "dbname=a/b"),
            ("postgresql:///?p%6Frt=1", "port=1"),
            ("postgresql:///?user=", "user=''"),
        ] {
            assert_eq!(read(text), meaning, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused_without_repeating_it() {
        for (text, told) in [
            ("postgresql://a:sardine@plaice@db1/shop", "not percent-encoded"),
            ("postgresql://a:sardine/plaice@db1/shop", "not percent-encoded"),
            ("postgresql://a:1/swordfish@db1/shop", "not percent-encoded"),
            ("postgresql://a:swordfish%@db1", "two hexadecimal digits"),
            ("postgresql://a:swordfish%zz@db1", "two hexadecimal digits"),
            ("postgresql://a:swordfish%f\u{e9}@db1", "two hexadecimal digits"),
            ("postgresql://a:swordfish%00@db1", "%00"),
            ("postgresql://a:swordfish%ff@db1", "not UTF-8"),
            ("postgresql://[::1/shop", "no closing bracket"),
            ("postgresql://[]/shop", "empty"),
            ("postgresql://[::1]swordfish/shop", "unexpected text"),
            ("postgresql:///?swordfish", "parameter 1 of the URI's query has no \"=\""),
            ("postgresql:///?password=a&&", "parameter 2 of the URI's query has no \"=\""),
            ("postgresql:///?password=swordfish=", "a second \"=\""),
            ("postgresql:///?password=a&swordfish=b", "unknown connection keyword after the password"),
            ("mysql://a:swordfish@db1/shop", "not a PostgreSQL URI"),
        ] {
            let error = format!("{0:#} {0:#?}", parse(text).unwrap_err());
            assert!(error.contains(told), "{text}: {error}");
            assert!(
                !["swordfish", "sardine", "plaice"].iter().any(|piece| error.contains(piece)),
                "{text}: {error}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_read_back(user in "[^\0]+", password in "[^\0]+", dbname in "[^\0]+", options in "[^\0]*") {
            let [u, p, d, o] = [&user, &password, &dbname, &options].map(|text| encode(text));
            let read = parse(&format!("postgresql://{u}:{p}@db1/{d}?options={o}")).unwrap();
            prop_assert_eq!(read.get("user"), Some(user.as_str()));
            prop_assert_eq!(read.get("password"), Some(password.as_str()));
            prop_assert_eq!(read.get("host"), Some("db1"));
            prop_assert_eq!(read.get("dbname"), Some(dbname.as_str()));
            prop_assert_eq!(read.get("options"), Some(options.as_str()));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, tail in "[]:/?,@=&%0-9a\u{e9}\\[]*") {
            let _ = parse(&text);
            let _ = parse(&format!("postgres://{text}"));
            let _ = parse(&format!("postgres://{tail}"));
        }
    }
}
