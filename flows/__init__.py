"""Conversations. No I/O here: a step takes a session, what was typed and the facts, and returns a turn."""
