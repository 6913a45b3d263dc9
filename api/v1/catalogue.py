"""Every operation there is."""

from __future__ import annotations

from typing import Final

from api.v1 import customers, events, move_service, radius, services, usage
from api.v1.operations import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    *customers.OPERATIONS,
    *services.OPERATIONS,
    *move_service.OPERATIONS,
    *usage.OPERATIONS,
    *events.OPERATIONS,
    *radius.OPERATIONS,
)
