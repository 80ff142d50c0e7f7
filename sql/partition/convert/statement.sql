{statement}
