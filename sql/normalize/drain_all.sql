select {function}(null)
