"""Customers on the web: how they prove who they are, and how long that is believed."""
