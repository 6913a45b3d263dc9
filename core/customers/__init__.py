"""People and organisations we serve, the phones they call from, and how they want to be spoken to."""
