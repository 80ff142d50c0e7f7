savepoint pgtend
