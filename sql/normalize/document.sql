, s.{column}
