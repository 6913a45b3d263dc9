"""Fifty callers over plain sockets: a load that costs little itself, so that the server is what is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from urllib.parse import urlencode

CALLERS = 50
Caller = Generator[bytes, bytes, None]  # yields a request, is sent the screen that answered it


@dataclass
class Load:
    """What a run took: seconds a request, and what went wrong."""

    latencies: list[float] = field(default_factory=list)
    failures: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of requests was answered."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def post(path: str, form: dict[str, str]) -> bytes:
    """A request as bytes, on a connection that stays open."""
    body = urlencode(form).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _caller(port: int, requests: Caller, until: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = next(requests)
    while True:
        started = time.perf_counter()
        if started > until:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        body = await reader.readexactly(length)
        load.latencies.append(time.perf_counter() - started)
        if not head.startswith(b"HTTP/1.1 200") or body[:3] not in (b"CON", b"END") or b"dial again" in body:
            load.failures += 1
        request = requests.send(body)
    writer.close()


def run_load(port: int, seconds: float, requests_of: Callable[[int], Caller]) -> Load:
    """Let all callers loose for so many seconds."""
    load = Load()

    async def all_callers() -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(_caller(port, requests_of(number), until, load) for number in range(CALLERS)))

    started = time.perf_counter()
    asyncio.run(all_callers())
    load.seconds = time.perf_counter() - started
    return load
