-- Opens the books of a mapping.
insert into {backfill} (name, source, target, mapping, strategy, phase, restore)
values ({name}, {source}, {target}, {mapping}, {strategy}, 'load', {restore})
