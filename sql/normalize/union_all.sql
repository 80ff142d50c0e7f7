{first}
            union all
            {second}
