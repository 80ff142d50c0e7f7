drop trigger if exists {trigger} on {source}
