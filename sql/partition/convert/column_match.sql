t.{referenced} {operator} {column}
