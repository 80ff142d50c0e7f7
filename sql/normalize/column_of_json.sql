-- A column from the element: its value, or the reason why it has none, as the reader in the program has it.
cross join lateral (
                select c.v, coalesce(c.reason, case when c.v is null then {null_reason} end) as reason,
                       not c.nothing and f.reason is null and {coerced} as coerced,
                       case when c.nothing then {defaults_nothing} else f.reason is not null and {defaults_errors} end as defaulted
                from (select {json} as x) as j
                cross join lateral {reader} as f (v, reason)
                cross join lateral (
                    select n.nothing,
                           case when n.nothing then {default} when f.reason is null then {read} else {on_error} end as v,
                           case when j.x is null then {missing} when n.nothing then {null} else {error} end as reason
                    from (select j.x is null or pg_catalog.jsonb_typeof(j.x) = 'null' as nothing) as n
                ) as c
            ) as {alias}
