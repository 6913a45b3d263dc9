"""The town on one page, and one port for everything a person or a test does to it.

The page and its orders only; what happens in the town is the simulators' own. Imports nothing of the product.
"""

from sandbox.town.app import Town, create_app
from sandbox.town.clock import TownClock

__all__ = ["Town", "TownClock", "create_app"]
