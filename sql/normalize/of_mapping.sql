r.name = {name}
