-- Rows of a failed or finished part of a batch must not meet the next one.
truncate pg_temp.pgtend_stage
