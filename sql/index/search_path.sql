-- Names in the user's own text are found as the user's sessions find them.
set local search_path = {path}
