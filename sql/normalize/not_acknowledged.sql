r.acknowledged is null
