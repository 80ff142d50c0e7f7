-- What the fill files share, for one session. Foreign keys are not checked row by row: the rows are right by
-- construction, and the demo's test asks the server whether they are.
set session_replication_role = replica;
set synchronous_commit = off;
set timezone = 'UTC';
-- Short statements with long expressions: compiling them takes longer than running them.
set jit = off;

-- One row: when the history ends, and how much of it there is.
create temporary table life (
    now timestamptz not null,
    messages bigint not null,
    threads bigint not null,
    sessions bigint not null,
    claims bigint not null,
    events bigint not null,
    entries bigint not null
);

-- One row for each hour of the system's life: how much of everything has happened before it, and by its end.
create temporary table activity (
    starts timestamptz primary key,
    length interval not null,
    share_before double precision not null,
    share_after double precision not null
);

-- Threads by number, with their members in the order of their zeal: the first one has opened it.
create temporary table conversation (
    t bigint primary key,
    id text not null,
    opened timestamptz not null,
    people integer[] not null
);

-- Evenly spread in [0, 1); the same for the same arguments, so that batches need not know of each other.
create function pg_temp.chance(n bigint, what integer) returns double precision
language sql immutable parallel safe
return (hashint8extended(n, what) & 4294967295) / 4294967296.0::double precision;

-- `total` things spread over the system's life, those that fall into the hours of a span: their number, their time,
-- and how much of everything happened before.
create function pg_temp.moments(total bigint, since timestamptz, until timestamptz, what integer)
returns table (n bigint, at timestamptz, share_before double precision)
language sql stable parallel safe
begin atomic
    select n, starts + length * ((n - first - pg_temp.chance(n, what)) / (last - first)), share_before
    from activity
    cross join lateral (
        select floor(share_before * total)::bigint as first, floor(share_after * total)::bigint as last
    ) as range
    cross join lateral generate_series(first + 1, last) as n
    where starts >= since and starts < until;
end;

-- One of the 997 people; the first ones are the busy ones.
create function pg_temp.person(n bigint, what integer) returns integer
language sql immutable parallel safe
return 1 + floor(997 * power(pg_temp.chance(n, what), 2.2))::integer;

-- As JavaScript's toISOString() writes it.
create function pg_temp.iso(at timestamptz) returns text
language sql stable parallel safe
return to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
