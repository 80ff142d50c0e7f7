-- The values of several sequences.
-- Holes: positions, of each one's `sequence_position.sql`.
{positions}
