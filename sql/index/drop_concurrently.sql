drop index concurrently {name}
