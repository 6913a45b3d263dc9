"""What passes between us and phones: the outbox, the texts, what came in. Everything that leaves is a row first."""
