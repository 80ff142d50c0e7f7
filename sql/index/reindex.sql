reindex index concurrently {name}
