alter table {default} drop constraint if exists pgtend_default_window
