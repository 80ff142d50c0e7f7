-- The copy is its owner's from the start, and the owner's functions run with the owner's rights only.
set local role {owner}
