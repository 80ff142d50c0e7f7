-- A detached partition as CSV. Generated columns are left out: whoever takes the rows back computes them.
copy (select {columns} from {partition})
    to stdout (format csv, header true, encoding 'UTF8')
