delete from {history} where version = {version}
