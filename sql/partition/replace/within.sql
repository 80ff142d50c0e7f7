-- For the server to know the partition; the order stays that of the key's index.
and {equal}
