"""Africa's Talking, simulated: its SMS API, its callbacks to the product, its USSD sessions.

Speaks only through sockets and imports nothing of the product. Whatever it has promised (a text taken, a report
or an inbound text to deliver) is on disk before it answers: a power cut loses nothing a real provider would keep.
"""

from sandbox.aggregator.app import create_app
from sandbox.aggregator.settings import Account, ProductUrls

__all__ = ["Account", "ProductUrls", "create_app"]
