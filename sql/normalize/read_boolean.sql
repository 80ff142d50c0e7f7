{books}.json_boolean(j.x, {coerce})
