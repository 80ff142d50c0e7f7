-- Of the elements of one document that make the same row, the one with the least value.
{column}, r.place
