"""Machines outside: one provider, one file. Their words become ours by a table; an unknown word is never success."""
