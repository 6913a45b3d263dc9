"""Statements of banks and providers: read in once, matched with the books, and what is not explained told.

What the other side wrote is never changed. A line of an account that has no machine of ours is in the books from the
moment it is read: on a customer's balance where that is certain, else on suspense until a person knows.
"""
