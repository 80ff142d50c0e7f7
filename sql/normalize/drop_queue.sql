drop table if exists {queue} cascade
