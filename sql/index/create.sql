create {index} {name}
    on {table}
    using {definition}
