-- A function of the application's that deals with at most so many rows, and gives how many they were: as many as it was
-- asked for when there may be more of them.
select case when said.rows >= {rows} then said.rows else 0 end from (select {function}({rows}) as rows) as said
