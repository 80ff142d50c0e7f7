create {unique}index {index} on {copy} using {definition}
