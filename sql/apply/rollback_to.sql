rollback to savepoint pgtend
