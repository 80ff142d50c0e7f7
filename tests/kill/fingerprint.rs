//! All that a database holds besides the journal's entries, as lines of text that two equal ends have in common.
use tokio_postgres::Client;

/// Relations with bounds, comments and owners; constraints; indexes; triggers. Numbers that the server gave are left out.
const CATALOG: &str = "
with ours as (
    select c.oid::regclass::text as name, c.*
    from pg_class as c
    join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select 'schema ' || nspname from pg_namespace where nspname !~ '^pg_'
union all
select concat_ws(' | ', 'relation', name, relkind, pg_get_expr(relpartbound, o.oid), i.inhparent::regclass::text,
                 case when i.inhdetachpending then 'PENDING' end, pg_get_userbyid(relowner), relacl::text,
                 reloptions::text, relreplident, relrowsecurity::text, obj_description(o.oid, 'pg_class'))
from ours as o left join pg_inherits as i on i.inhrelid = o.oid
union all
select concat_ws(' | ', 'constraint', o.name, conname, convalidated::text, pg_get_constraintdef(k.oid))
from ours as o join pg_constraint as k on k.conrelid = o.oid
union all
select concat_ws(' | ', 'index', o.name, indisvalid::text, pg_get_indexdef(o.oid))
from ours as o join pg_index as x on x.indexrelid = o.oid
union all
select concat_ws(' | ', 'triggers', o.name, t.tgfoid::regproc::text, count(*)::text)
from ours as o join pg_trigger as t on t.tgrelid = o.oid group by o.name, t.tgfoid
order by 1";

/// A history of migrations tells the time.
const TABLES: &str = "
select c.oid::regclass::text
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'pgtend')
  and c.relname <> 'refinery_schema_history'
order by 1";

pub async fn fingerprint(client: &Client) -> Vec<String> {
    let mut lines = strings(client, CATALOG).await;
    for table in strings(client, TABLES).await {
        lines.push(rows(client, &format!("select * from {table}")).await);
    }
    lines
}

/// Count and hash of what a query gives, whatever the order.
pub async fn rows(client: &Client, query: &str) -> String {
    let hash = format!(
        "select concat_ws(' ', count(*), sum(hashtextextended(q::text, 0)::numeric)) from ({query}) as q"
    );
    format!("{query}: {}", strings(client, &hash).await.concat())
}

async fn strings(client: &Client, query: &str) -> Vec<String> {
    let rows = client.query(query, &[]).await.unwrap_or_else(|error| panic!("{error:?}\n{query}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// # Panics
/// With the lines that only one of the two has.
#[track_caller]
pub fn assert_same(expected: &[String], found: &[String], context: &str) {
    let lines = |sign, of: &[String], other: &[String]| {
        let alone = of.iter().filter(|line| !other.contains(line));
        alone.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    let difference = lines('-', expected, found) + &lines('+', found, expected);
    assert!(difference.is_empty(), "{context}: another end than without the interruption\n{difference}");
    assert_eq!(expected.len(), found.len(), "{context}: a line stands twice");
}
