"""DOOR: inbound SMS and delivery reports in; replies leave by the outbox like every other text."""
