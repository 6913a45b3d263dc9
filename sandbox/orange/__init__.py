"""A pretend Orange Money, both doors of it: web payment and merchant push. It knows nothing of the product.

Whatever it has acknowledged it remembers, also after a kill: what is answered was committed before.
"""

from sandbox.orange.app import create_app
from sandbox.orange.config import Config
from sandbox.orange.simulator import Simulator

__all__ = ["Config", "Simulator", "create_app"]
