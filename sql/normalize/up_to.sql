({columns}) <= ({values})
