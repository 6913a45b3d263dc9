"""A pretend MikroTik router. It speaks the binary API of RouterOS over sockets and knows nothing of the product.

Configuration it has acknowledged survives a kill; what a real router keeps in memory only (sessions, dynamic
queues, the running session's counters) is lost with its power here too.
"""

from sandbox.routeros.control import control_app
from sandbox.routeros.faults import Faults
from sandbox.routeros.hotspot import LoginRefused
from sandbox.routeros.simulator import SimulatedRouter

__all__ = ["Faults", "LoginRefused", "SimulatedRouter", "control_app"]
