create or replace trigger {trigger} before truncate on {source}
for each statement execute function {function}()
