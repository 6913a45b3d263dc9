"""Payments. A payment names what it is for; only the provider's answer to our question says that money moved."""
