"""What is printed: documents read from the books and drawn; nothing is decided here."""
