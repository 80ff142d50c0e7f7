{column} desc
