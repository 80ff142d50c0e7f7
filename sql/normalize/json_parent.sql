p.parent
