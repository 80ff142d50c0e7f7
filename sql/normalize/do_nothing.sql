do nothing
