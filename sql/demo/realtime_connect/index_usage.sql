-- Which indexes are read.
select table_name, index_name, scans, advice
from v_index_usage
where index_name like 'idx\_%'
order by scans desc limit 6
