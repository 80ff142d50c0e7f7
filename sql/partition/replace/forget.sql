-- The copies of these keys' rows.
delete from {table}
where ctid = any (array(
    select s.ctid
    from {batch} as b
    cross join lateral (
        {lookup}
    ) as s
))
