comment on column {view}.{column} is {comment}
