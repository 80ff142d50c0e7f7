{key} is null
