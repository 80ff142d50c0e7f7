({expression})
