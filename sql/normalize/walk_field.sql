-- One step into a document: the value of a name. What has none goes on with a reason.
cross join lateral (
                select {from}.v -> {name} as v,
                       case when {from}.reason is null and pg_catalog.jsonb_typeof({from}.v) <> 'object' then {from}.v
                            else {from}.element end as element,
                       {from}.parent, {from}.key,
                       {from}.path || case when {from}.reason is null and pg_catalog.jsonb_typeof({from}.v) = 'object'
                                           then {suffix} else '' end as path,
                       case when {from}.reason is not null then {from}.reason
                            when pg_catalog.jsonb_typeof({from}.v) <> 'object' then 'value_wrong_type'
                            when {from}.v -> {name} is null then 'field_missing' end as reason,
                       {from}.place
            ) as {to}
