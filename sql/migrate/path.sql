-- Where the names in a file are looked up, until the end of the transaction.
set local search_path = {path}
