-- Rows of a default partition that belong into partitions to be made: one count for each.
select {counts} from {default}
