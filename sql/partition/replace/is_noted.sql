-- Whether each change of the tables was noted.
select {noted}
