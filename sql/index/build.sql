create {index} concurrently {name}
    on {table}
    using {definition}
