-- A function of the application's that deals with at most so many rows, and gives how many they were.
select {function}({rows})
