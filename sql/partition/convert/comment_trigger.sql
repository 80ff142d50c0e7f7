comment on trigger {trigger} on {table} is {comment}
