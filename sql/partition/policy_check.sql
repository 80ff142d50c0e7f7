 with check ({expression})
