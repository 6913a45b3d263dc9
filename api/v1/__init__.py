"""The API of equipment and partners at `/api/v1`. An operation is declared once, and so served, checked, described."""
