-- What `normalize` keeps: how far each mapping has come, committed together with the rows themselves; the elements that
-- could not be read; and how a JSON value is read, for the triggers that keep the target in step. The readers
-- below and those of the program give the same answer for every value: a value or a reason, never an error.
create table backfill (
    name text primary key,
    source text not null,
    target text not null,
    -- The text of the function that reads a row; another mapping under the same name is another text.
    mapping text not null,
    strategy text not null check (strategy in ('bulk', 'merge')),
    phase text not null check (phase in ('load', 'restore', 'drain', 'settle', 'direct', 'moved')),
    -- Definitions of indexes and constraints that were taken off the empty target, in the order to make them in.
    restore jsonb not null default '[]',
    -- The last key of the load, and the one that it has reached.
    high_water text,
    reached text,
    counts jsonb not null default '{}',
    load_ms bigint not null default 0,
    -- The transaction that put the direct triggers in place.
    switched xid8,
    started timestamptz not null default clock_timestamp(),
    updated timestamptz not null default clock_timestamp(),
    verified timestamptz,
    verified_clean boolean
);

comment on table backfill is 'pgtend: one row for each mapping of JSON elements to rows';

create table reject (
    name text not null,
    source_key text not null,
    -- Where in the value the element stands, as a JSON path.
    path text not null,
    element jsonb,
    reason text not null,
    detail text,
    noticed timestamptz not null default clock_timestamp(),
    acknowledged timestamptz,
    primary key (name, source_key, path)
);

comment on table reject is 'pgtend: JSON elements that have no row, and why';

create function json_integer(value jsonb, lowest numeric, highest numeric, coerce boolean, out number numeric, out reason text)
language plpgsql immutable as $$
declare
    word text := value #>> '{}';
begin
    if jsonb_typeof(value) = 'string' and coerce then
        word := btrim(word, E' \t\n\r');
        if word !~ '^[+-]?[0-9]{1,40}$' then
            reason := 'int_syntax';
            return;
        end if;
    elsif jsonb_typeof(value) <> 'number' then
        reason := 'int_syntax';
        return;
    end if;
    number := word::numeric;
    if number <> trunc(number) or (not coerce and scale(number) > 0) then
        reason := 'int_not_integral';
    elsif number < lowest or number > highest then
        reason := 'int_range';
    end if;
end
$$;

-- Without `digits`, a number of any size.
create function json_numeric(value jsonb, digits integer, decimals integer, coerce boolean, out number numeric, out reason text)
language plpgsql immutable as $$
declare
    word text := value #>> '{}';
begin
    if jsonb_typeof(value) = 'string' and coerce then
        word := btrim(word, E' \t\n\r');
        if length(word) > 1000 or word !~ '^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$' then
            reason := 'numeric_syntax';
            return;
        end if;
    elsif jsonb_typeof(value) <> 'number' then
        reason := 'numeric_syntax';
        return;
    end if;
    number := word::numeric;
    if scale(trim_scale(number)) > decimals then
        reason := 'numeric_scale';
    elsif abs(number) >= (10::numeric ^ (digits - decimals)) then
        reason := 'numeric_range';
    end if;
end
$$;

create function json_text(value jsonb, most integer, empty boolean, coerce boolean, out word text, out reason text)
language plpgsql immutable as $$
begin
    if jsonb_typeof(value) = 'string' or (coerce and jsonb_typeof(value) in ('number', 'boolean')) then
        word := value #>> '{}';
        if word = '' and not empty then
            reason := 'text_empty';
        elsif char_length(word) > most then
            reason := 'text_too_long';
        end if;
    else
        reason := 'text_wrong_type';
    end if;
end
$$;

create function json_boolean(value jsonb, coerce boolean, out truth boolean, out reason text)
language plpgsql immutable as $$
begin
    if jsonb_typeof(value) = 'boolean' then
        truth := (value #>> '{}')::boolean;
    elsif coerce and jsonb_typeof(value) = 'string' and btrim(value #>> '{}', E' \t\n\r') in ('true', 'false') then
        truth := btrim(value #>> '{}', E' \t\n\r')::boolean;
    else
        reason := 'boolean_syntax';
    end if;
end
$$;

create function json_uuid(value jsonb, out id uuid, out reason text)
language plpgsql immutable as $$
begin
    if jsonb_typeof(value) = 'string'
       and (value #>> '{}') ~ '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' then
        id := (value #>> '{}')::uuid;
    else
        reason := 'uuid_syntax';
    end if;
end
$$;

create function json_date(value jsonb, out day date, out reason text)
language plpgsql immutable as $$
declare
    word text := value #>> '{}';
begin
    if jsonb_typeof(value) <> 'string' then
        reason := 'date_syntax';
    elsif lower(btrim(word, E' \t\n\r')) in
        ('now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity', 'allballs') then
        reason := 'date_special';
    elsif word !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
        reason := 'date_syntax';
    else
        begin
            day := make_date(left(word, 4)::integer, substr(word, 6, 2)::integer, right(word, 2)::integer);
        exception when datetime_field_overflow or invalid_datetime_format then
            reason := 'date_range';
        end;
    end if;
end
$$;

-- What has no zone is UTC. `epoch` says that numbers are seconds (`s`) or milliseconds (`ms`) since 1970.
create function json_timestamp(value jsonb, epoch text, out instant timestamptz, out reason text)
language plpgsql immutable as $$
declare
    word text := value #>> '{}';
    number numeric;
begin
    if jsonb_typeof(value) = 'number' then
        number := word::numeric * case epoch when 's' then 1000 when 'ms' then 1 end;
        if number is null then
            reason := 'ts_numeric';
        elsif number <> trunc(number) then
            reason := 'ts_syntax';
        elsif number not between -62135596800000 and 253402300799999 then
            reason := 'ts_range';
        else
            instant := timestamptz '1970-01-01 00:00:00+00' + div(number, 1000)::bigint * interval '1 second'
                       + mod(number, 1000)::integer * interval '1 millisecond';
        end if;
    elsif jsonb_typeof(value) <> 'string' then
        reason := 'ts_wrong_type';
    elsif lower(btrim(word, E' \t\n\r')) in
        ('now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity', 'allballs') then
        reason := 'ts_special';
    elsif word !~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,20})?)?'
                   || '(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?)?$') then
        reason := 'ts_syntax';
    else
        begin
            perform make_date(left(word, 4)::integer, substr(word, 6, 2)::integer, substr(word, 9, 2)::integer);
            instant := case
                when length(word) = 10 then (word || ' 00:00:00+00')::timestamptz
                when word ~ '(Z|[+-][0-9:]+)$' and substr(word, 11) ~ '[Z+-]' then word::timestamptz
                else (word || '+00')::timestamptz
            end;
        exception when datetime_field_overflow or invalid_datetime_format then
            reason := 'ts_range';
        end;
    end if;
end
$$;
