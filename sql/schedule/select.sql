-- A function of the application's, called once.
select {function}()
