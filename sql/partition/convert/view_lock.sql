-- Who reads a view locks it before its tables: so must we. LOCK TABLE would lock all its tables with it; to give it to
-- its owner changes nothing.
alter view {view} owner to {owner}
