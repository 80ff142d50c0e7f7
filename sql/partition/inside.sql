({key} >= {lower} and {key} < {upper})
