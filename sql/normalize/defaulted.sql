 + {alias}.defaulted::integer
