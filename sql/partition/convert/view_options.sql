 with ({options})
