-- A coach of tourists stops.
insert into orders (channel, status, total)
select 'shop', 'completed', 4.20 from generate_series(1, 50)
