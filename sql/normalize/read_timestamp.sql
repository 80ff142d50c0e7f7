{books}.json_timestamp(j.x, {epoch})
