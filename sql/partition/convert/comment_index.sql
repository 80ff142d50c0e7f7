comment on index {index} is {comment}
