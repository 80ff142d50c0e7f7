{column} as {name}
