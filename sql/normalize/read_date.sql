{books}.json_date(j.x)
