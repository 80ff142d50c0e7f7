{first} and {second}
