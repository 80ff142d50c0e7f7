-- The schema in which pgtend keeps its books.
create schema if not exists {schema}
