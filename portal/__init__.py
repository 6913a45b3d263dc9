"""DOOR. Customers and Wi-Fi owners on the web, and the page a hotspot shows before it lets anybody in.

Made for a phone of 320 pixels on EDGE. No rule of the business stands here: a page reads, asks the core to act, and
says in the reader's language what came of it.
"""
