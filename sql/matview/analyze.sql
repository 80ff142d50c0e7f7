-- After a refresh the planner's statistics are those of the old rows.
analyze {view}
