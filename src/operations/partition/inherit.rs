//! What a new partition takes over from its newest sibling, or from the configuration: everything that neither `LIKE`
//! nor `PARTITION OF` copies. The statements run while the new table is still nobody's.
use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::ddl;
use crate::operations::partition::mark::Mark;
use crate::pg::catalog::{Grant, Policy, Properties, ReplicaIdentity};
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Deparsed, Fragment, Keyword, List, Sql};

/// Properties that the configuration sets; the others come from the newest sibling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Overrides {
    pub schema: Option<String>,
    pub owner: Option<String>,
    pub tablespace: Option<String>,
    pub comment: Option<String>,
    /// `default`, `full` or `nothing`.
    pub replica_identity: Option<String>,
    /// Storage parameters; those of the TOAST table with `toast.` before the name.
    pub storage: BTreeMap<String, String>,
    /// Statistics targets by column.
    pub statistics: BTreeMap<String, u32>,
    /// Privileges by role; `public` is PUBLIC.
    pub grants: BTreeMap<String, Vec<String>>,
}

/// The statements for one new partition: before it is attached, and after.
#[derive(Debug, Default)]
pub struct Dress {
    pub before: Vec<Sql>,
    pub after: Vec<Sql>,
}

/// `sibling`: the newest partition's properties; `parent`: the parent's, where there is no partition yet.
pub fn dress(
    partition: &Relation,
    sibling: Option<&Properties>,
    parent: &Properties,
    overrides: &Overrides,
) -> anyhow::Result<Dress> {
    let mut dress = Dress::default();
    let place = parent.tablespace.as_ref().or_else(|| sibling.and_then(|s| s.tablespace.as_ref()));
    if let Some(tablespace) = overrides.tablespace.as_ref().or(place) {
        let tablespace = Ident::new(tablespace)?;
        dress.before.push(ddl!("partition/tablespace.sql", partition = *partition, tablespace = tablespace));
    }
    if sibling.is_some_and(|s| s.unlogged) {
        dress.before.push(ddl!("partition/unlogged.sql", partition = *partition));
    }
    storage(&mut dress, partition, sibling, overrides)?;
    statistics(&mut dress, partition, sibling, overrides)?;
    if let Some(sibling) = sibling {
        row_security(&mut dress, partition, sibling)?;
    }
    let inherited = || sibling.and_then(|s| s.comment.as_deref()).and_then(Mark::without);
    if let Some(comment) = overrides.comment.as_deref().or_else(inherited) {
        let comment = Literal(comment.to_owned());
        dress.before.push(ddl!("partition/comment.sql", partition = *partition, comment = comment));
    }
    grants(&mut dress, partition, sibling, parent, overrides)?;
    replica_identity(&mut dress, partition, sibling, overrides)?;
    let owner = match &overrides.owner {
        Some(owner) => Some(owner.as_str()),
        None => Some(sibling.unwrap_or(parent)).filter(|p| !p.owner_is_me).map(|p| p.owner.as_str()),
    };
    if let Some(owner) = owner {
        // Last: a new owner may not let this role do the rest.
        let owner = Ident::new(owner)?;
        dress.after.push(ddl!("partition/owner.sql", partition = *partition, owner = owner));
    }
    Ok(dress)
}

/// The statements that make a partitioned table look like the table whose place it takes: all but what only a table
/// with storage of its own can have. The owner is changed last, by the statements of `after`.
pub fn dress_parent(parent: &Relation, table: &Properties) -> anyhow::Result<Dress> {
    let mut dress = Dress::default();
    let none = Overrides::default();
    if let Some(tablespace) = &table.tablespace {
        let tablespace = Ident::new(tablespace)?;
        dress.before.push(ddl!("partition/tablespace.sql", partition = *parent, tablespace = tablespace));
    }
    statistics(&mut dress, parent, Some(table), &none)?;
    row_security(&mut dress, parent, table)?;
    grants(&mut dress, parent, Some(table), table, &none)?;
    replica_identity(&mut dress, parent, Some(table), &none)?;
    if !table.owner_is_me {
        let owner = Ident::new(&table.owner)?;
        dress.after.push(ddl!("partition/owner.sql", partition = *parent, owner = owner));
    }
    Ok(dress)
}

fn storage(
    dress: &mut Dress,
    partition: &Relation,
    sibling: Option<&Properties>,
    overrides: &Overrides,
) -> anyhow::Result<()> {
    let inherited = sibling.iter().flat_map(|s| &s.storage).filter_map(|option| option.split_once('='));
    let mut parameters: BTreeMap<&str, &str> = inherited.collect();
    parameters.extend(overrides.storage.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    for (name, value) in parameters {
        let value = Literal(value.to_owned());
        dress.before.push(match name.strip_prefix("toast.") {
            Some(name) => {
                let parameter = Ident::new(name)?;
                ddl!(
                    "partition/storage_toast.sql",
                    partition = *partition,
                    parameter = parameter,
                    value = value
                )
            }
            None => {
                let parameter = Ident::new(name)?;
                ddl!("partition/storage.sql", partition = *partition, parameter = parameter, value = value)
            }
        });
    }
    Ok(())
}

fn statistics(
    dress: &mut Dress,
    partition: &Relation,
    sibling: Option<&Properties>,
    overrides: &Overrides,
) -> anyhow::Result<()> {
    let inherited = sibling.iter().flat_map(|s| &s.statistics).map(|s| (s.column.as_str(), s.target));
    let mut targets: BTreeMap<&str, i64> = inherited.collect();
    targets.extend(overrides.statistics.iter().map(|(column, target)| (column.as_str(), i64::from(*target))));
    for (column, target) in targets {
        let column = Ident::new(column)?;
        dress.before.push(ddl!(
            "partition/statistics.sql",
            partition = *partition,
            column = column,
            target = target
        ));
    }
    for one in sibling.iter().flat_map(|s| &s.column_options) {
        let (option, value) = one.option.split_once('=').context("an option of a column has no value")?;
        dress.before.push(ddl!(
            "partition/column_option.sql",
            partition = *partition,
            column = Ident::new(&one.column)?,
            option = Ident::new(option)?,
            value = Literal(value.to_owned())
        ));
    }
    Ok(())
}

fn row_security(dress: &mut Dress, partition: &Relation, sibling: &Properties) -> anyhow::Result<()> {
    let flags = [(sibling.row_security, "enable"), (sibling.force_row_security, "force")];
    for (_, word) in flags.into_iter().filter(|(set, _)| *set) {
        let what = Keyword(word);
        dress.before.push(ddl!("partition/row_security.sql", partition = *partition, what = what));
    }
    for policy in &sibling.policies {
        dress.before.push(create_policy(partition, &sibling.name, policy)?);
        if let Some(comment) = &policy.comment {
            dress.before.push(ddl!(
                "partition/policy_comment.sql",
                policy = Ident::new(&policy.name)?,
                partition = *partition,
                comment = Literal(comment.clone())
            ));
        }
    }
    Ok(())
}

fn create_policy(partition: &Relation, sibling: &str, policy: &Policy) -> anyhow::Result<Sql> {
    let command = Keyword(match policy.command.as_str() {
        "r" => "select",
        "a" => "insert",
        "w" => "update",
        "d" => "delete",
        "*" => "all",
        other => bail!("policy {} is for an unknown command `{other}`", policy.name),
    });
    // Where the expression looks into other tables it names its own columns with the sibling's name.
    let own = |expression: &String| Deparsed(expression.clone()).requalified(sibling, &partition.name);
    let using = match policy.using.as_ref().map(own) {
        Some(expression) => Fragment(ddl!("partition/policy_using.sql", expression = expression)),
        None => Fragment::none(),
    };
    let check = match policy.check.as_ref().map(own) {
        Some(expression) => Fragment(ddl!("partition/policy_check.sql", expression = expression)),
        None => Fragment::none(),
    };
    let name = Ident::new(&policy.name)?;
    let permissive = Keyword(if policy.permissive { "permissive" } else { "restrictive" });
    let roles = policy.roles.as_deref().unwrap_or_default();
    let roles = roles.iter().map(Ident::new).collect::<anyhow::Result<Vec<_>>>()?;
    let roles =
        if roles.is_empty() { vec![Role::Public] } else { roles.into_iter().map(Role::Named).collect() };
    Ok(ddl!(
        "partition/policy.sql",
        policy = name,
        partition = *partition,
        permissive = permissive,
        command = command,
        roles = List(&roles),
        using = using,
        check = check,
    ))
}

/// A role in `TO`, which may be everybody.
#[derive(Clone, Debug)]
enum Role {
    Public,
    Named(Ident),
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Public => f.write_str("public"),
            Self::Named(name) => name.fmt(f),
        }
    }
}

impl crate::pg::sql::SqlArg for Role {}

fn grants(
    dress: &mut Dress,
    partition: &Relation,
    sibling: Option<&Properties>,
    parent: &Properties,
    overrides: &Overrides,
) -> anyhow::Result<()> {
    let inherited: Vec<Grant> = sibling.map(|s| s.grants.clone()).unwrap_or_default();
    let configured = overrides.grants.iter().flat_map(|(role, privileges)| {
        let role = (!role.eq_ignore_ascii_case("public")).then(|| role.clone());
        privileges.iter().map(move |privilege| Grant {
            role: role.clone(),
            privilege: privilege.to_uppercase(),
            grantable: false,
            column: None,
        })
    });
    let grants: Vec<Grant> = if overrides.grants.is_empty() { inherited } else { configured.collect() };
    let known = sibling.is_some() || !overrides.grants.is_empty();
    for grantee in sibling.unwrap_or(parent).default_grantees.iter().filter(|_| known) {
        let role = role(grantee.as_deref())?;
        dress.before.push(ddl!("partition/revoke.sql", partition = *partition, role = role));
    }
    for grant in &grants {
        dress.before.push(grant_statement(partition, grant)?);
    }
    Ok(())
}

fn role(name: Option<&str>) -> anyhow::Result<Role> {
    name.map_or(Ok(Role::Public), |name| Ident::new(name).map(Role::Named))
}

/// `GRANT` of a table or of one of its columns, by the role that runs it.
pub fn grant_statement(partition: &Relation, grant: &Grant) -> anyhow::Result<Sql> {
    const PRIVILEGES: [&str; 9] =
        ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN", "ALL"];
    let known = PRIVILEGES.into_iter().find(|known| *known == grant.privilege);
    let privilege =
        Keyword(known.with_context(|| format!("`{}` is not a privilege on tables", grant.privilege))?);
    let role = role(grant.role.as_deref())?;
    let option = Keyword(if grant.grantable { " with grant option" } else { "" });
    Ok(match &grant.column {
        Some(column) => {
            let column = Ident::new(column)?;
            ddl!(
                "partition/grant_column.sql",
                privilege = privilege,
                column = column,
                partition = *partition,
                role = role,
                option = option,
            )
        }
        None => {
            ddl!(
                "partition/grant.sql",
                privilege = privilege,
                partition = *partition,
                role = role,
                option = option
            )
        }
    })
}

fn replica_identity(
    dress: &mut Dress,
    partition: &Relation,
    sibling: Option<&Properties>,
    overrides: &Overrides,
) -> anyhow::Result<()> {
    let configured = overrides.replica_identity.as_deref().map(|word| match word {
        "default" => Ok(ReplicaIdentity::Default),
        "full" => Ok(ReplicaIdentity::Full),
        "nothing" => Ok(ReplicaIdentity::Nothing),
        _ => bail!("replica identity `{word}`: known are default, full, nothing"),
    });
    let identity = match configured {
        Some(identity) => identity?,
        None => sibling.map_or(ReplicaIdentity::Default, |s| s.replica_identity),
    };
    let word = match identity {
        ReplicaIdentity::Default => return Ok(()),
        ReplicaIdentity::Full => "full",
        ReplicaIdentity::Nothing => "nothing",
        ReplicaIdentity::Index => {
            // An index that the sibling alone has cannot come along.
            if let Some(index) = sibling.and_then(|s| s.replica_identity_index.as_ref()) {
                let parent_index = BodyLiteral(Relation::new(&index.schema, &index.name)?.to_string());
                let partition = BodyLiteral(partition.to_string());
                dress.after.push(ddl!(
                    "partition/replica_identity_index.sql",
                    parent_index = parent_index,
                    partition = partition
                ));
            }
            return Ok(());
        }
    };
    let identity = Keyword(word);
    dress.before.push(ddl!("partition/replica_identity.sql", partition = *partition, identity = identity));
    Ok(())
}
