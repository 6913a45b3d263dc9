"""The simulator's parts in one place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask

from sandbox.momo.config import Config
from sandbox.momo.courier import Courier
from sandbox.momo.faults import Faults
from sandbox.momo.payers import Payers
from sandbox.momo.store import Store

EXTENSION: Final = "momo"


class Simulator:
    """One pretend platform over one folder."""

    def __init__(self, folder: Path, config: Config, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.store = Store(folder)
        self.faults = Faults(self.store)
        self.payers = Payers(self.store, self.faults, config, clock)
        self.courier = Courier(self.store, config, clock, self.payers.settle_due)
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
