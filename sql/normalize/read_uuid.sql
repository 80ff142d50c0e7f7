{books}.json_uuid(j.x)
