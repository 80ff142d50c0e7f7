coalesce(s.last < {bound}, true)
