{books}.json_text(j.x, {most}, {empty}, {coerce})
