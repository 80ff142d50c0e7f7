(b.reason <> 'skip' or b.place_among = 1 and r.reason ~ '^constraint_')
