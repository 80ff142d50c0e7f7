t.{column}
