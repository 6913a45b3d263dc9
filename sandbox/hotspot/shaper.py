"""How fast each may go: a class of tc's HTB for each direction, by address."""

from __future__ import annotations

import contextlib
from typing import Final

from sandbox.hotspot.kernel import ToolRefused, run

# What waits for its turn, in seconds of the class's speed: enough for TCP, and little is lost when it is cut off.
QUEUE_S: Final = 0.2
QUEUE_BYTES_MIN: Final = 65_536  # one packet as the kernel hands it over


class Shaper:
    """What comes from `inside` is shaped as it leaves `outside`, and the other way round. `number` names a customer."""

    def __init__(self, *, inside: str, outside: str) -> None:
        """Take over both devices; who has no class is not shaped."""
        self._inside, self._outside = inside, outside
        for device in (inside, outside):
            with contextlib.suppress(ToolRefused):  # an earlier life may have left its classes
                run("tc", "qdisc", "del", "dev", device, "root")
            run("tc", "qdisc", "add", "dev", device, "root", "handle", "1:", "htb")

    def shape(self, number: int, address: str, *, up_bps: int, down_bps: int) -> None:
        """Hold an address to its speeds from now on."""
        for device, side, bps in ((self._inside, "dst", down_bps), (self._outside, "src", up_bps)):
            self._class("add", device, number, bps)
            queue = max(QUEUE_BYTES_MIN, int(bps / 8 * QUEUE_S))
            run("tc", "qdisc", "add", "dev", device, "parent", f"1:{number:x}", "bfifo", "limit", str(queue))
            run(
                "tc", "filter", "add", "dev", device, "parent", "1:", "protocol", "ip", "pref", str(number),
                "u32", "match", "ip", side, f"{address}/32", "flowid", f"1:{number:x}",
            )  # fmt: skip

    def change(self, number: int, *, up_bps: int, down_bps: int) -> None:
        """Give other speeds to who has a class."""
        for device, bps in ((self._inside, down_bps), (self._outside, up_bps)):
            self._class("change", device, number, bps)

    def free(self, number: int) -> None:
        """Take the classes away, and what waits in them."""
        for device in (self._inside, self._outside):
            run("tc", "filter", "del", "dev", device, "parent", "1:", "pref", str(number))
            run("tc", "class", "del", "dev", device, "classid", f"1:{number:x}")

    def _class(self, verb: str, device: str, number: int, bps: int) -> None:
        run(
            "tc", "class", verb, "dev", device, "parent", "1:", "classid", f"1:{number:x}",
            "htb", "rate", f"{bps}bit", "quantum", "1514",
        )  # fmt: skip
