 using {method}
