create or replace trigger {trigger} after insert on {source}
for each row when (new.{column} is not null) execute function {function}()
