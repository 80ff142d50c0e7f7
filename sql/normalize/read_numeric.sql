{books}.json_numeric(j.x, {digits}, {decimals}, {coerce})
