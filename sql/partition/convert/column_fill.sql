do {body}
