-- Rows of an archive, taken back.
copy {partition} ({columns})
    from stdin (format csv, header true, encoding 'UTF8')
