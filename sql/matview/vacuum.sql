-- A concurrent refresh leaves the old versions of changed rows behind.
vacuum (analyze) {view}
