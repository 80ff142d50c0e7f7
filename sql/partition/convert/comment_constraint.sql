comment on constraint {name} on {table} is {comment}
