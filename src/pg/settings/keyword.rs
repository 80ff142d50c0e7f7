//! Every keyword that libpq knows, with its variable, and what pgtend makes of it: reads it, may pass over it, or
//! must refuse it because passing over it would be less safe than what was asked for.

/// One connection parameter.
#[derive(Debug)]
pub(super) struct Keyword {
    pub name: &'static str,
    pub variable: Option<&'static str>,
    pub support: Support,
}

#[derive(Debug)]
pub(super) enum Support {
    /// Read and honoured.
    Honoured,
    /// Changes nothing for pgtend, whatever it says.
    Harmless,
    /// These values ask for what pgtend does anyway; the sentence says why no other can be honoured.
    Only(&'static [&'static str], &'static str),
}

use Support::{Harmless, Honoured, Only};

const NO_GSSAPI: &str = "pgtend speaks no GSSAPI";
const NO_OAUTH: &str = "pgtend speaks no OAuth";
const NO_AUTH_LIST: &str = "pgtend cannot restrict the server's choice of authentication";
const NO_SCRAM_KEYS: &str = "pgtend logs in with passwords and certificates only";

const fn keyword(name: &'static str, variable: &'static str, support: Support) -> Keyword {
    Keyword { name, variable: Some(variable), support }
}

const fn unset(name: &'static str, support: Support) -> Keyword {
    Keyword { name, variable: None, support }
}

/// In the order of the manual. `passfile`, `service` and `servicefile` say where other values are read.
pub(super) const KEYWORDS: &[Keyword] = &[
    keyword("host", "PGHOST", Honoured),
    keyword("hostaddr", "PGHOSTADDR", Honoured),
    keyword("port", "PGPORT", Honoured),
    keyword("dbname", "PGDATABASE", Honoured),
    keyword("user", "PGUSER", Honoured),
    keyword("password", "PGPASSWORD", Honoured),
    keyword("passfile", "PGPASSFILE", Honoured),
    keyword("require_auth", "PGREQUIREAUTH", Only(&[], NO_AUTH_LIST)),
    keyword("channel_binding", "PGCHANNELBINDING", Honoured),
    keyword("connect_timeout", "PGCONNECT_TIMEOUT", Honoured),
    keyword("client_encoding", "PGCLIENTENCODING", Harmless),
    keyword("options", "PGOPTIONS", Honoured),
    keyword("application_name", "PGAPPNAME", Honoured),
    unset("fallback_application_name", Honoured),
    unset("keepalives", Honoured),
    unset("keepalives_idle", Honoured),
    unset("keepalives_interval", Honoured),
    unset("keepalives_count", Honoured),
    unset("tcp_user_timeout", Honoured),
    unset("replication", Only(&["false", "off", "no", "0"], "pgtend needs an ordinary session")),
    keyword("gssencmode", "PGGSSENCMODE", Only(&["disable", "prefer"], NO_GSSAPI)),
    keyword("sslmode", "PGSSLMODE", Honoured),
    keyword("sslnegotiation", "PGSSLNEGOTIATION", Honoured),
    keyword("sslcompression", "PGSSLCOMPRESSION", Harmless),
    keyword("sslcert", "PGSSLCERT", Honoured),
    keyword("sslkey", "PGSSLKEY", Honoured),
    unset("sslkeylogfile", Harmless),
    unset("sslpassword", Only(&[], "pgtend reads only private keys without a passphrase")),
    keyword(
        "sslcertmode",
        "PGSSLCERTMODE",
        Only(&["allow", "disable"], "pgtend cannot see whether the server asked for a certificate"),
    ),
    keyword("sslrootcert", "PGSSLROOTCERT", Honoured),
    keyword("sslcrl", "PGSSLCRL", Honoured),
    keyword("sslcrldir", "PGSSLCRLDIR", Only(&[], "pgtend reads revocation lists from one file, sslcrl")),
    keyword("sslsni", "PGSSLSNI", Honoured),
    keyword("requirepeer", "PGREQUIREPEER", Only(&[], "pgtend does not check who owns the server process")),
    keyword("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Honoured),
    keyword("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Honoured),
    keyword(
        "min_protocol_version",
        "PGMINPROTOCOLVERSION",
        Only(&["3.0"], "pgtend speaks version 3.0 of the protocol"),
    ),
    keyword("max_protocol_version", "PGMAXPROTOCOLVERSION", Harmless),
    keyword("krbsrvname", "PGKRBSRVNAME", Harmless),
    keyword("gsslib", "PGGSSLIB", Harmless),
    keyword("gssdelegation", "PGGSSDELEGATION", Harmless),
    unset("scram_client_key", Only(&[], NO_SCRAM_KEYS)),
    unset("scram_server_key", Only(&[], NO_SCRAM_KEYS)),
    keyword("service", "PGSERVICE", Honoured),
    keyword("servicefile", "PGSERVICEFILE", Honoured),
    keyword("target_session_attrs", "PGTARGETSESSIONATTRS", Honoured),
    keyword("load_balance_hosts", "PGLOADBALANCEHOSTS", Honoured),
    unset("oauth_issuer", Only(&[], NO_OAUTH)),
    unset("oauth_client_id", Only(&[], NO_OAUTH)),
    unset("oauth_client_secret", Only(&[], NO_OAUTH)),
    unset("oauth_scope", Only(&[], NO_OAUTH)),
];

pub(super) fn find(name: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.name == name)
}

/// Whether the parameter's value must never be shown.
pub(super) fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "password" | "sslpassword" | "scram_client_key" | "scram_server_key" | "oauth_client_secret"
    )
}

/// The known word that a reader most likely meant, if one is near.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|word| (strsim::damerau_levenshtein(word, &name.to_lowercase()), word))
        .filter(|&(distance, word)| distance <= 1 + word.len() / 4)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_variables_are_listed_once() {
        let mut names: Vec<&str> = KEYWORDS.iter().map(|keyword| keyword.name).collect();
        let mut variables: Vec<&str> = KEYWORDS.iter().filter_map(|keyword| keyword.variable).collect();
        for list in [&mut names, &mut variables] {
            list.sort_unstable();
            let all = list.len();
            list.dedup();
            assert_eq!(list.len(), all);
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_keyword() {
        let known = || KEYWORDS.iter().map(|keyword| keyword.name);
        for (typed, meant) in [
            ("hots", Some("host")),
            ("SSLMODE", Some("sslmode")),
            ("ssl_mode", Some("sslmode")),
            ("username", None),
            ("pasword", Some("password")),
            ("database", None),
            ("target_session_attr", Some("target_session_attrs")),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known()), meant, "{typed}");
        }
    }
}
