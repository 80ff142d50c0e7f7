alter table {table} {enabled} trigger {trigger}
