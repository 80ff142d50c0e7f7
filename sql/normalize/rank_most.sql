-- Of the elements of one document that make the same row, the one with the greatest value.
{column} desc, r.place
