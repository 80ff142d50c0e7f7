-- So that the planner, and whoever asks for numbers of rows, knows what there is.
analyze
