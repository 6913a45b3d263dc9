"""What people told us and what happened to them: tickets, and the timeline staff read on the phone."""
