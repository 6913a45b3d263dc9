"""Everything at once, started as `make run` starts it and reached through its sockets alone. Nothing is faked here."""
