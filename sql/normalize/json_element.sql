p.element
