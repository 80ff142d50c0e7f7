-- What the fill files of several stories share, for one session. Foreign keys are not checked row by row: the rows are
-- right by construction, and the demo's test asks the server whether they are.
set session_replication_role = replica;
set synchronous_commit = off;
set timezone = 'UTC';
-- Short statements with long expressions: compiling them takes longer than running them.
set jit = off;

-- One row: when the history ends, and how much of it there is.
create temporary table life (
    now timestamptz not null,
    total bigint not null
);

-- Evenly spread in [0, 1); the same for the same arguments.
create function pg_temp.chance(n bigint, what integer) returns double precision
language sql immutable parallel safe
return (hashint8extended(n, what) & 4294967295) / 4294967296.0::double precision;

-- One of so many, from 1 on; the first ones are the busy ones.
create function pg_temp.one_of(many bigint, n bigint, what integer) returns integer
language sql immutable parallel safe
return 1 + floor(many * power(pg_temp.chance(n, what), 1.7))::integer;

-- The hour of the day at which something happens: in one of two rushes.
create function pg_temp.hour(n bigint, what integer, early integer, late integer) returns double precision
language sql immutable parallel safe
return case when pg_temp.chance(n, what) < 0.45 then early else late end
    + 2.5 * (pg_temp.chance(n, what + 1) + pg_temp.chance(n, what + 2) - 1);

-- When the nth of `total` things of the last so many days happened: later ones are more, and none is to come.
-- One expression, so that the server takes it into the statement instead of calling it a hundred thousand times.
create function pg_temp.moment(
    n bigint, total bigint, what integer, now timestamptz, days integer, early integer, late integer
) returns timestamptz
language sql stable parallel safe
return date_trunc('day', now)
    - interval '1 day' * (
        days - 1 - floor(days * ln(1 + 1.3 * (n - 1)::double precision / total) / ln(2.3::double precision))
            + (pg_temp.hour(n, what, early, late) > extract(epoch from now - date_trunc('day', now)) / 3600)::integer
    )
    + interval '1 hour' * pg_temp.hour(n, what, early, late)
