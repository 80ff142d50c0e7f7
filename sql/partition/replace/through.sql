
        delete from {table} where ctid = (select s.ctid from ({lookup}) as s);
