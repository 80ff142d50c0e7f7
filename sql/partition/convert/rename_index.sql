alter index {index} rename to {new}
