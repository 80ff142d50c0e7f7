 using ({expression})
