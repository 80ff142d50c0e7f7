-- What a query gives may depend on these settings, so that what belongs to the application has those of the role and the
-- database, not those that pgtend pins for itself.
set {local}timezone to default;
set {local}datestyle to default;
set {local}intervalstyle to default;
set {local}extra_float_digits to default;
set {local}search_path to default;
set {local}row_security to default
