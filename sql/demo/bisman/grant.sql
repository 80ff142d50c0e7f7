-- The application's role may use what is new.
grant select, insert, update, delete on all tables in schema public to bisman_app
