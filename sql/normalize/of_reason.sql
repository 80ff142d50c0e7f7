r.reason = {reason}
