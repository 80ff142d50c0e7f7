
for share of s
