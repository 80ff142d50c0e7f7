{left} and {right}
