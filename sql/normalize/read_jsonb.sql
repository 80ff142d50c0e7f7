(select j.x, null::text)
