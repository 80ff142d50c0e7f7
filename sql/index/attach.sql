alter index {parent} attach partition {name}
