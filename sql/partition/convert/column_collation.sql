 collate {collation}
