"""A town to try the product in: pretend providers, pretend routers, and phones on a page.

Each simulator speaks its provider's own protocol over a real socket. Nothing here is imported by the product, and
nothing of the product is imported here.
"""
