drop trigger {trigger} on {table}
