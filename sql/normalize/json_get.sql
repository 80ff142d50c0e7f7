{json} -> {name}
