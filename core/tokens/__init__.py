"""Wi-Fi networks, their owners, and the tokens sold for them. A token grants access; it is not access itself."""
