-- A new partition to be, not attached yet: takes no lock on the parent that anybody would notice.
-- EXCLUDING IDENTITY, for a child with an identity of its own cannot be attached since PostgreSQL 17.
create table {partition}
    (like {parent} including all excluding identity)
    using {access_method}
