({key} < {lower} or {key} >= {upper})
