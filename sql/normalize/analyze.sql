-- Fresh statistics and a visibility map for a table that has just been filled.
vacuum (analyze) {target}
