-- A procedure of the application's, which may commit as it goes.
call {procedure}()
