"""Questions asked of the books. Nothing here writes."""
