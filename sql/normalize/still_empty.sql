-- Fails when somebody has written into the target since the plan was made.
do {body}
