-- A partition to be, with everything that its rows need; indexes are built when the rows are there. The check is what its
-- bounds will say, so that ATTACH reads nothing. EXCLUDING IDENTITY, for a child with an identity of its own cannot be
-- attached since PostgreSQL 17.
create table {table} (
    like {source} including all excluding indexes excluding identity,
    constraint pgtend_bound check ({condition})
) using {access_method}
