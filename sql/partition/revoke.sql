-- What ALTER DEFAULT PRIVILEGES has given to the new table, so that it has no more than its sibling.
revoke all privileges on table {partition} from {role}
