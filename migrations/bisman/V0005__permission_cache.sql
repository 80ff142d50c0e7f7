-- What somebody may do, kept for a while. Lost rows are computed again, and nobody waits for a row of another.
create table permission_cache (
    cache_key text primary key,
    value jsonb not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
) with (fillfactor = 80);
create index idx_permission_cache_expires on permission_cache (expires_at);
comment on table permission_cache is 'Computed permissions until expires_at; read it through get_cached_permission()';

create function get_cached_permission(key text) returns jsonb
language sql stable parallel safe
begin atomic
    select value
    from permission_cache
    where cache_key = key and expires_at > statement_timestamp();
end;
comment on function get_cached_permission(text) is 'The cached value, or null when there is none or it has expired';

create function set_cached_permission(key text, value jsonb, seconds integer default 300) returns void
language plpgsql
set search_path = public, pg_temp
as $$
begin
    if seconds is null or seconds < 1 then
        raise exception 'a permission cannot be cached for % seconds', coalesce(seconds::text, 'null')
            using errcode = 'invalid_parameter_value';
    end if;
    insert into permission_cache as cache (cache_key, value, created_at, expires_at)
    values (
        set_cached_permission.key, set_cached_permission.value,
        clock_timestamp(), clock_timestamp() + make_interval(secs => seconds)
    )
    on conflict (cache_key) do update
    set value = excluded.value, created_at = excluded.created_at, expires_at = excluded.expires_at;
end
$$;
comment on function set_cached_permission(text, jsonb, integer) is 'Caches a value for so many seconds, whatever was there';

create function cleanup_expired_permission_cache(batch integer default 10000) returns bigint
language sql
begin atomic
    with expired as materialized (
        select cache_key
        from permission_cache
        where expires_at <= statement_timestamp()
        order by expires_at
        limit batch
        for update skip locked
    ),
    deleted as (
        delete from permission_cache using expired
        where permission_cache.cache_key = expired.cache_key
        returning permission_cache.cache_key
    )
    select count(*) from deleted;
end;
comment on function cleanup_expired_permission_cache(integer) is
    'Deletes expired entries, at most a batch of them, without waiting for anybody; returns how many';
