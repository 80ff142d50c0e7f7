f.reason
