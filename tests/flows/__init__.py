"""Conversations without a phone: facts are made by hand, and nothing here opens a socket or a database."""
