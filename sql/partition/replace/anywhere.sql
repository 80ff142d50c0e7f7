{key} is not null
