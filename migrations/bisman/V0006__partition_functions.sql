-- For those who call them from psql or pg_cron: the small way. `pgtend partition create` and `drop` are the good way:
-- they take the newest partition's properties over, try again instead of failing, and ask before rows are lost.
create function create_future_partitions(parent regclass, months integer) returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp
-- Bounds and names are those of UTC, whatever zone the caller lives in.
set timezone = 'UTC'
set datestyle = 'ISO'
-- Below the usual deadlock_timeout: who waits for us waits no longer than this.
set lock_timeout = '500ms'
as $$
declare
    key_type regtype;
    schema_name name;
    base text;
    month timestamp;
    lower_bound text;
    upper_bound text;
    child text;
begin
    if months is null or months not between 0 and 1200 then
        raise exception 'months must be between 0 and 1200' using errcode = 'invalid_parameter_value';
    end if;
    select a.atttypid::regtype, n.nspname, regexp_replace(c.relname, '_partitioned$', '')
    into key_type, schema_name, base
    from pg_partitioned_table as p
    join pg_class as c on c.oid = p.partrelid
    join pg_namespace as n on n.oid = c.relnamespace
    join pg_attribute as a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
    where p.partrelid = parent and p.partstrat = 'r' and p.partnatts = 1
        and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype);
    if not found then
        raise exception '% is not partitioned by range of one time column', parent
            using errcode = 'wrong_object_type';
    end if;
    -- Two callers would find the same month missing.
    if not pg_try_advisory_xact_lock(hashtext('create_future_partitions'), hashtext(parent::oid::text)) then
        raise exception 'another session is making partitions of %', parent using errcode = 'lock_not_available';
    end if;
    for n in 0..months loop
        month := date_trunc('month', statement_timestamp() at time zone 'UTC') + make_interval(months => n);
        execute format('select (%1$L::%2$s)::text, (%1$L::%2$s + interval ''1 month'')::%2$s::text', month, key_type)
        into lower_bound, upper_bound;
        continue when exists (
            select from pg_inherits as i
            join pg_class as c on c.oid = i.inhrelid
            where i.inhparent = parent and pg_get_expr(c.relpartbound, c.oid)
                = format('FOR VALUES FROM (%L) TO (%L)', lower_bound, upper_bound)
        );
        child := base || to_char(month, '"_p"YYYY_MM');
        if octet_length(child) > 63 then
            raise exception 'the name % is too long', child using errcode = 'name_too_long';
        end if;
        -- Made apart and attached: PARTITION OF would lock the parent against its readers.
        execute format(
            'create table %I.%I (like %s including all excluding indexes excluding identity)', schema_name, child, parent
        );
        execute format(
            'alter table %s attach partition %I.%I for values from (%L) to (%L)',
            parent, schema_name, child, lower_bound, upper_bound
        );
        return next child;
    end loop;
end
$$;
comment on function create_future_partitions(regclass, integer) is
    'Makes the missing monthly partitions from the current month (UTC) on, and returns their names. '
    'All or nothing: `pgtend partition create` waits, tries again, and takes grants and storage over';

create function drop_old_partitions(parent regclass, months integer, archive boolean default false)
returns setof text
language plpgsql
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
set lock_timeout = '500ms'
as $$
declare
    cutoff timestamptz := date_trunc('month', statement_timestamp()) - make_interval(months => months);
    old record;
begin
    if archive then
        raise exception 'a function cannot archive: what it writes lies on the server, and is not checked'
            using errcode = 'feature_not_supported',
            hint = 'Use: pgtend partition drop.';
    end if;
    if months is null or months < 1 then
        raise exception 'months must be at least 1' using errcode = 'invalid_parameter_value';
    end if;
    if not exists (
        select from pg_partitioned_table as p
        join pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
        where p.partrelid = parent and p.partstrat = 'r' and p.partnatts = 1
            and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
    ) then
        raise exception '% is not partitioned by range of one time column', parent
            using errcode = 'wrong_object_type';
    end if;
    for old in
        select n.nspname, c.relname, bound.until
        from pg_inherits as i
        join pg_class as c on c.oid = i.inhrelid
        join pg_namespace as n on n.oid = c.relnamespace
        -- Neither a default partition nor one without an end matches.
        cross join lateral (
            select (regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$ TO \('([^']+)'\)$re$))[1]::timestamptz
        ) as bound (until)
        where i.inhparent = parent and bound.until <= cutoff
        order by bound.until
    loop
        execute format('drop table %I.%I', old.nspname, old.relname);
        return next old.relname;
    end loop;
end
$$;
comment on function drop_old_partitions(regclass, integer, boolean) is
    'Drops, without an archive, the partitions that end before the last so many whole months (UTC). Rows are lost: '
    '`pgtend partition drop` shows them first, asks, and detaches without stopping readers';
revoke execute on function create_future_partitions(regclass, integer) from public;
revoke execute on function drop_old_partitions(regclass, integer, boolean) from public;
