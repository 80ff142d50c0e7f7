 + {alias}.coerced::integer
