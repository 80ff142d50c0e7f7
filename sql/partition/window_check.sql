-- While it holds, rows of these ranges cannot come into the default partition; ATTACH then needs no scan of it.
alter table {default}
    drop constraint if exists pgtend_default_window,
    add constraint pgtend_default_window check ({condition}) not valid
