{books}.json_integer(j.x, {least}, {most}, {coerce})
