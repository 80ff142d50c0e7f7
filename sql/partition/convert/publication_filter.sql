 where ({filter})
