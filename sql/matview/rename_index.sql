alter index {index} rename to {name}
