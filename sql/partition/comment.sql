comment on table {partition} is {comment}
