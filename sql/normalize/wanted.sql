, ({range})
