
        delete from {table} as t where {matches};
