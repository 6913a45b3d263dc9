"""A pretend MTN MoMo. It speaks the provider's protocol over sockets and knows nothing of the product.

Whatever it has acknowledged it remembers, also after a kill: what is answered was committed before.
"""

from sandbox.momo.app import create_app
from sandbox.momo.config import Config
from sandbox.momo.simulator import Simulator

__all__ = ["Config", "Simulator", "create_app"]
