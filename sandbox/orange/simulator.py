"""The simulator's parts in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask

from sandbox.furniture.courier import Courier
from sandbox.furniture.faults import Faults
from sandbox.furniture.store import Store
from sandbox.orange.config import Config
from sandbox.orange.faults import KNOWN
from sandbox.orange.payers import Payers
from sandbox.orange.store import FILE_NAME, SCHEMA

EXTENSION: Final = "orange"


class Simulator:
    """One country's pretend Orange over one folder."""

    def __init__(self, folder: Path, config: Config, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.store = Store(folder, FILE_NAME, SCHEMA)
        self.faults = Faults(self.store, KNOWN)
        self.payers = Payers(self.store, self.faults, config, clock)
        self.courier = Courier(
            self.store,
            clock,
            self.payers.settle_due,
            agent="Orange-Money-Notification",
            timeout_s=config.callback_timeout_s,
            tries_max=config.callback_tries_max,
        )
        self.payers.on_callback = self.courier.wake

    def start(self) -> None:
        """Let payers and callbacks happen by themselves."""
        self.courier.start()

    def close(self) -> None:
        """Stop the threads and let go of the folder."""
        self.courier.close()
        self.store.close()


def of(app: Flask) -> Simulator:
    """Return the simulator behind an app."""
    simulator = app.extensions[EXTENSION]
    assert isinstance(simulator, Simulator)  # noqa: S101
    return simulator
