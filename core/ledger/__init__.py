"""The books: accounts, entries, postings. Nothing here is ever changed or deleted; a mistake is reversed."""
