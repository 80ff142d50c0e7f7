-- Whether each change of the tables was noted, since that began: who has disabled a trigger that is enabled ALWAYS, and
-- enabled it again, has left it in another state.
(select pg_catalog.count(*) = 2 * pg_catalog.cardinality(array[{tables}]::oid[])
 from pg_catalog.pg_trigger as g
 where g.tgrelid = any (array[{tables}]::oid[])
   and g.tgname in ('pgtend_replace', 'pgtend_replace_truncate') and g.tgenabled = 'A')
