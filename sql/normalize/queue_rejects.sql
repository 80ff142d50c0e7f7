-- Source rows with rejects are looked at again.
insert into {queue} ({columns})
select distinct {values} from {reject} as r where {wanted}
