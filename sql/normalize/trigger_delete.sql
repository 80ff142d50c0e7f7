create or replace trigger {trigger} after delete on {source}
for each row execute function {function}()
