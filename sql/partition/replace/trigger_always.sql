-- What a subscription writes is noted too.
alter table {table}
    enable always trigger pgtend_replace,
    enable always trigger pgtend_replace_truncate
