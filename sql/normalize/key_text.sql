{alias}.{column}::text
