"""What one installation makes up once and keeps: its keys and the ports of its pretend town."""

from __future__ import annotations

import base64
import contextlib
import secrets
import socket
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from supervisor.durable_files import read_json, write_json
from supervisor.errors import CannotRunError

# Below the range that outgoing connections take their ports from (32768 on Linux), so that none is taken by chance.
_PORTS: Final = range(20_000, 30_000)
PORT_NAMES: Final = ("aggregator", "momo", "orange", "town", "router:juba-town", "router:munuki")
_PORT_FREE_WITHIN_S: Final = 1.0  # a killed predecessor lets go of its ports in milliseconds


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


_MAKERS: Final[dict[str, Callable[[], str]]] = {
    "gateway_key": lambda: secrets.token_urlsafe(24),
    "secret_key": lambda: secrets.token_urlsafe(32),
    "encryption_key": _fernet_key,
    "at_api_key": lambda: f"atsk_{secrets.token_hex(24)}",
    "momo_subscription_key": lambda: secrets.token_hex(16),
    "momo_api_user": lambda: str(uuid.uuid4()),
    "momo_api_key": lambda: secrets.token_hex(16),
    "momo_disbursement_subscription_key": lambda: secrets.token_hex(16),
    "momo_disbursement_api_user": lambda: str(uuid.uuid4()),
    "momo_disbursement_api_key": lambda: secrets.token_hex(16),
    "orange_client_secret": lambda: secrets.token_hex(16),
    "orange_auth_token": lambda: secrets.token_hex(16),
    "orange_pin": lambda: f"{secrets.randbelow(10**12):012d}",  # longer than a real one, and so found if it leaks
    "router:juba-town": lambda: secrets.token_urlsafe(12),
    "router:munuki": lambda: secrets.token_urlsafe(12),
}


def kept_secrets(home: Path) -> dict[str, str]:
    """Every key of this installation, in `home/secrets.json` (0600); those missing are made and written first.

    Lose the file and what its encryption key locked stays locked: it belongs in the backup, apart from the database.

    Raises:
        CannotRunError: the file is damaged. New keys would make the damage final.
    """
    path = home / "secrets.json"
    kept = {name: str(value) for name, value in read_json(path).items()}
    if not kept and path.exists():
        raise CannotRunError(f"{path} is damaged; bring it back from a backup, it holds the encryption key.")
    missing = {name: maker() for name, maker in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        write_json(path, kept)
    return kept


def kept_ports(home: Path) -> dict[str, int]:
    """The simulators' ports, in `home/ports.json`: the same at every start unless another program took one."""
    path = home / "ports.json"
    kept = read_json(path)
    chosen: dict[str, int] = {}
    for name in PORT_NAMES:
        port = kept.get(name)
        usable = isinstance(port, int) and port not in chosen.values() and becomes_free(port)
        chosen[name] = port if usable and isinstance(port, int) else _choose(chosen)
    if chosen != kept:
        write_json(path, chosen)
    return chosen


def _choose(taken: Mapping[str, int]) -> int:
    while True:
        port = secrets.choice(_PORTS)
        if port not in taken.values() and is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether we could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the last connections' TIME_WAIT does not count
        with contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def becomes_free(port: int, within_s: float = _PORT_FREE_WITHIN_S) -> bool:
    """Whether it is free now or as soon as a dying predecessor lets go."""
    deadline = time.monotonic() + within_s
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
