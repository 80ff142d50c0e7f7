//! The configuration against the database: tables that are not there, and policies that contradict them.
use std::collections::HashMap;

use crate::failure::one_line;
use crate::operations::doctor::findings::{Finding, Level};
use crate::operations::partition::{Policy, Timeline, survey_tables};
use crate::pg::catalog::{PartitionedTable, TableName};
use crate::pg::name::Ident;
use crate::pg::session::Session;

/// One finding for each `[[partition]]` section.
pub async fn configured(session: &Session, wishes: &[(String, Policy)]) -> anyhow::Result<Vec<Finding>> {
    let mut known: HashMap<u32, &str> = HashMap::new();
    let mut findings = Vec::new();
    for (name, policy) in wishes {
        let subject = format!("[[partition]] {name}");
        // One at a time: two sections of one table shall both be told.
        let survey = survey_tables(session, &[TableName::parse(name)]).await?;
        for (_, table) in survey {
            findings.push(match table {
                Err(error) => Finding::new(Level::Problem, &subject, one_line(&error)),
                Ok(table) => match known.insert(table.oid, name) {
                    Some(other) => {
                        let message = format!("the same table as section {other}");
                        Finding::new(Level::Problem, &subject, message)
                    }
                    None => section(session, &subject, table, policy),
                },
            });
        }
    }
    Ok(findings)
}

fn section(session: &Session, subject: &str, table: PartitionedTable, policy: &Policy) -> Finding {
    let (owned, owner) = (table.owned, table.owner.clone());
    match Timeline::read(table, policy) {
        Err(error) => Finding::new(Level::Problem, subject, one_line(&error)),
        Ok(_) if !owned => {
            let role =
                Ident::new(&session.facts().role).map_or_else(|_| String::new(), |role| role.to_string());
            Finding::new(Level::Problem, subject, format!("the table belongs to role {owner}"))
                .remedy(format!("grant {owner} to {role}"))
        }
        Ok(timeline) => {
            let every = timeline.calendar.every.word();
            Finding::new(
                Level::Fine,
                subject,
                format!("{} partitions, one each {every}", timeline.parts.len()),
            )
        }
    }
}
