on conflict ({unique}) do nothing
