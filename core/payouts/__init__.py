"""Money that leaves: refunds to where it came from, shares of Wi-Fi owners. Held first, sent once, never on a doubt."""
