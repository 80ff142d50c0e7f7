cross join lateral (select s.{column}::{cast} as v, case when s.{column} is null then {null_reason} end as reason) as {alias}
