-- Takes keys off the list. What is noted from now on stays there for the next time.
with taken as (
    delete from {delta}
    where ctid = any (array(select ctid from {delta} where pgtend_k1 is not null limit {most}))
    returning *
)
insert into {batch}
select distinct * from taken
