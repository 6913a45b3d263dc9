"""A small hotspot gateway made of what a Linux kernel has: nftables lets in and counts, tc shapes, RADIUS decides.

Equipment for the tests that is not RouterOS. It lives in a network namespace of its own and knows the product by
RADIUS alone.
"""
