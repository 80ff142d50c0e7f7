-- The history of a set, as refinery makes it with wide versions.
create table if not exists {history} (
    version int8 primary key,
    name varchar(255),
    applied_on varchar(255),
    checksum varchar(255)
)
