"""Wi-Fi owners and their helpers: who they are, their networks and prices, and the tokens they sell and give away."""
