release savepoint pgtend
