//! Everything that a partition has, its parts have too.
use crate::partition::replace::steps::SPLIT;
use crate::partition::replace::table::events;
use crate::partition::support::tend;

#[tokio::test]
async fn a_part_has_what_the_whole_had() {
    let db = events().await;
    db.batch(&format!(
        r#"create role "reader of {0}"; create role "owner of {0}";
           grant select on events_legacy to "reader of {0}";
           grant update (body) on events_legacy to public;
           alter table events_legacy replica identity full;
           alter table events_legacy enable row level security;
           create policy seen on events_legacy for select using (sender > 0);
           create statistics spread on sender, id from events_legacy;
           grant create on schema public to "owner of {0}";
           alter table events owner to "owner of {0}";
           alter table events_legacy owner to "owner of {0}";
           create publication told for table events with (publish_via_partition_root = true, publish = 'insert');"#,
        db.name()
    ))
    .await;
    let properties = "
        select string_agg(line, E'\n' order by line) from (
            select format('table %s %s %s %s %s %s', pg_get_userbyid(relowner), relacl, relrowsecurity, relreplident, reloptions,
                          (select amname from pg_am where oid = relam))
            from pg_class where oid = '{p}'::regclass
            union all
            select format('column %s %s %s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated,
                          nullif(attstattarget, -1), attacl, pg_get_expr(adbin, adrelid))
            from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where attrelid = '{p}'::regclass and attnum > 0 and not attisdropped
            union all
            select format('constraint %s %s %s', contype, replace(pg_get_constraintdef(oid), '{p}', ''), convalidated)
            from pg_constraint where conrelid = '{p}'::regclass and contype in ('c', 'f', 'p', 'u') and confrelid <> 'reads'::regclass
            union all
            select format('index %s', regexp_replace(pg_get_indexdef(indexrelid), '^.* USING', '')) || indisvalid
                   || coalesce((select inhparent::regclass::text from pg_inherits where inhrelid = indexrelid), '')
            from pg_index where indrelid = '{p}'::regclass
            union all
            select format('trigger %s %s', tgname, tgenabled) from pg_trigger where tgrelid = '{p}'::regclass and not tgisinternal
            union all
            select format('policy %s %s', polname, pg_get_expr(polqual, polrelid)) from pg_policy where polrelid = '{p}'::regclass
            union all
            select format('statistics %s', count(*)) from pg_statistic_ext where stxrelid = '{p}'::regclass
            union all
            select format('published %s', count(*)) from pg_publication_tables where tablename = '{p}'
        ) as x(line)";
    let before = db.value(&properties.replace("{p}", "events_legacy")).await;
    let identity =
        "select attidentity from pg_attribute where attrelid = 'events'::regclass and attname = 'id'";
    assert_eq!(db.value(identity).await, "d");
    // A writer meanwhile is one more that the functions serve, whoever owns them.
    let writer = db.client().await;
    let writing = tokio::spawn(async move {
        for number in 0..300 {
            let insert =
                format!("insert into events (id, at, sender) values ({}, '2026-09-20Z', 3)", 10_000 + number);
            writer.batch_execute(&insert).await.unwrap();
            writer
                .batch_execute(&format!("delete from events where id = {}", 10_000 + number))
                .await
                .unwrap();
        }
    });
    let program = tend(&db, SPLIT).args(["--yes"]);
    tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
    writing.await.unwrap();
    for part in ["events_p2026_08", "events_p2026_10", "events_legacy"] {
        assert_eq!(db.value(&properties.replace("{p}", part)).await, before, "{part}");
    }
    assert_eq!(db.value(identity).await, "d");
    assert_eq!(db.value("select obj_description('events_legacy'::regclass)").await, "all that was");
    assert_eq!(
        db.value("select count(*) from pg_constraint where not convalidated and conparentid = 0").await,
        "0"
    );
    let keys = "select string_agg(conname || confdeltype::text, ' ') from pg_constraint where conrelid = 'reads'::regclass and conparentid = 0";
    assert_eq!(db.value(keys).await, "reads_id_at_fkeyc");
    db.batch("insert into events (at, sender) values ('2026-08-20Z', 2); delete from events where id = 20")
        .await;
    assert_eq!(db.value("select count(*) from reads where id = 20").await, "0");
    let refused = db.client().await.batch_execute("insert into reads values (20, '2026-08-20Z', 2)").await;
    assert_eq!(refused.unwrap_err().code().unwrap().code(), "23503");
    let refused = db.client().await.batch_execute("delete from users where id = 2").await;
    assert_eq!(refused.unwrap_err().code().unwrap().code(), "23503");
}
