-- Up to version 17 this analyzes each partition as well.
analyze {table}
