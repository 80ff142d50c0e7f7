-- Why a column's reader made nothing of an element, in a list of reasons.
, {alias}.reason
