{key} >= {lower}
