-- By one foreign key.
({columns}) = ({referenced_columns})
