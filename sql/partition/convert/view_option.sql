{name} = {value}
