{key} < {upper}
