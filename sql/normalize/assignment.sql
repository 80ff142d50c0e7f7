{column} = {value}
