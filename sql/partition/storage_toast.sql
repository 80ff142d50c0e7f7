alter table {partition} set (toast.{parameter} = {value})
