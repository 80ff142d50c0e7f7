({condition})
