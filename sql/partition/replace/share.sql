for share of s
