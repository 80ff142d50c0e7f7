-- What a version's file is now.
update {history}
set name = {name}, checksum = {checksum}
where version = {version}
