create policy {policy} on {partition}
    as {permissive} for {command} to {roles}{using}{check}
