"""Who may pass, and how much they passed: nftables. A stranger's web page becomes the log-in page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from sandbox.hotspot.kernel import run

TABLE: Final = "inet hotspot"
WEB_PORT: Final = 80
# Whoever has counters may pass; a packet is counted before it is shaped, as RouterOS counts.
_RULES: Final = """
table {table} {{
  set online {{ type ipv4_addr; }}
  map uploads {{ type ipv4_addr : counter; }}
  map downloads {{ type ipv4_addr : counter; }}
  chain passing {{
    type filter hook forward priority filter; policy drop;
    iifname "{inside}" counter name ip saddr map @uploads accept
    oifname "{inside}" counter name ip daddr map @downloads accept
    {garden}
  }}
  chain arriving {{
    type nat hook prerouting priority dstnat;
    iifname "{inside}" ip daddr != {gateway} ip saddr != @online tcp dport {web} redirect to :{page}
  }}
}}
"""

# What goes to and from the garden is nobody's to count.
_GARDEN: Final = """
    iifname "{inside}" ip daddr {host} tcp dport {port} accept
    oifname "{inside}" ip saddr {host} tcp sport {port} accept
  }}
  chain leaving {{
    type nat hook postrouting priority srcnat;
    oifname != "{inside}" ip daddr {host} tcp dport {port} masquerade
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Bytes a customer sent and got."""

    up: int = 0
    down: int = 0

    @property
    def both(self) -> int:
        """Sent and got."""
        return self.up + self.down


class Firewall:
    """Rules of one namespace. Counters bear the address they count."""

    def __init__(self, *, inside: str, gateway: str, page_port: int, garden: tuple[str, int] | None = None) -> None:
        """Close everything. Whatever an earlier life let in is out. `garden` everybody reaches, in our name."""
        open_to_all = _GARDEN.format(inside=inside, host=garden[0], port=garden[1]) if garden else ""
        rules = _RULES.format(
            table=TABLE, inside=inside, gateway=gateway, web=WEB_PORT, page=page_port, garden=open_to_all
        )
        run("nft", "-f", "-", told=f"table {TABLE}\ndelete table {TABLE}\n{rules}")

    def let_in(self, address: str) -> None:
        """Let an address pass, counted from nothing."""
        up, down = _names(address)
        run(
            "nft", "-f", "-",
            told=f"""
add counter {TABLE} {up}
add counter {TABLE} {down}
add element {TABLE} uploads {{ {address} : "{up}" }}
add element {TABLE} downloads {{ {address} : "{down}" }}
add element {TABLE} online {{ {address} }}
""",
        )  # fmt: skip

    def shut_out(self, address: str) -> Counted:
        """Let an address pass no more; what it came to, to the byte: nothing passes after it was read."""
        up, down = _names(address)
        run(
            "nft", "-f", "-",
            told=f"""
delete element {TABLE} online {{ {address} }}
delete element {TABLE} uploads {{ {address} }}
delete element {TABLE} downloads {{ {address} }}
""",
        )  # fmt: skip
        counted = self.counted().get(address, Counted())
        run("nft", "-f", "-", told=f"delete counter {TABLE} {up}\ndelete counter {TABLE} {down}\n")
        return counted

    def counted(self) -> dict[str, Counted]:
        """Address -> what it passed so far."""
        listed = json.loads(run("nft", "-j", "list", "counters", "table", *TABLE.split()))
        bytes_of: dict[str, int] = {
            counter["name"]: int(counter["bytes"]) for counter in _counters(listed) if counter["table"] == "hotspot"
        }
        addresses = {name.split("_", 1)[1] for name in bytes_of}
        return {
            name.replace("_", "."): Counted(bytes_of.get(f"up_{name}", 0), bytes_of.get(f"down_{name}", 0))
            for name in addresses
        }


def _names(address: str) -> tuple[str, str]:
    plain = address.replace(".", "_")
    return f"up_{plain}", f"down_{plain}"


def _counters(listed: dict[str, Any]) -> list[dict[str, Any]]:
    return [row["counter"] for row in listed["nftables"] if "counter" in row]
