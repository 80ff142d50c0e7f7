comment on policy {policy} on {partition} is {comment}
