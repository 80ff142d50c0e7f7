select {function}({most})
