do update set {assignments} where ({payload}) is distinct from ({excluded})
