{left} or {right}
