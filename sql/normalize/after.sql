({columns}) > ({values})
