"""What banks and providers say came and went: imported, matched line by line, and held against the books."""
