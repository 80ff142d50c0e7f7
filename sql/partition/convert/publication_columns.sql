 ({columns})
