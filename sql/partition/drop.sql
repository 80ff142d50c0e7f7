-- The partition is detached: nobody who asks the parent comes by here.
drop table {partition}
