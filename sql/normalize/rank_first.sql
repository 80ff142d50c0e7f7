-- Of the elements of one document that make the same row, the first.
r.place
