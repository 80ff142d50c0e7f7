(f.v at time zone 'UTC')::{cast}
