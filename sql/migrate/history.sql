-- What was applied, as refinery keeps it.
select version, name, applied_on, checksum
from {history}
order by version
