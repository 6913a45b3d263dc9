"""The caller: what a conversation may know of them (facts), and what it may ask to have done (commands)."""
