-- pgtend's own schema with its tables, and nothing that is elsewhere: what depends on them was looked for before.
drop schema {schema} cascade
