new.{column} is null
