-- Opens the journal's entry of a step.
-- $1 command, $2 target, $3 step, $4 steps, $5 summary, $6 statements, $7 version of pgtend
insert into run (command, target, step, steps, summary, statements, version)
values ($1, $2, $3, $4, $5, $6, $7)
returning id
