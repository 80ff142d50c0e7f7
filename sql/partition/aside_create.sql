-- Where the rows of a partition wait for their archive that have to go by DELETE, because other tables refer to them. As
-- large as they are, and no index: they are only read once more, from the beginning.
create table {aside} (like {partition} including generated including storage including compression)
