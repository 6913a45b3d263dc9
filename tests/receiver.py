"""A partner's own server: hears events, checks who sent them, and answers as it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, in order. `answers`: statuses to give, one after the other; then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    secret: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, path: str, headers: Any, body: bytes) -> int:
        said = json.loads(body)
        if self.secret and headers["webhook-id"]:
            key = base64.b64decode(self.secret.removeprefix("whsec_"))
            signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
            mark = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
            assert hmac.compare_digest(mark, headers["webhook-signature"])
        assert headers["webhook-id"] == said["id"]
        with self.lock:
            self.heard.append((path, dict(headers), said))
            return self.answers.pop(0) if self.answers else 200

    @property
    def ids(self) -> list[str]:
        return [said["id"] for _path, _headers, said in self.heard]

    @property
    def kinds(self) -> list[str]:
        return [said["kind"] for _path, _headers, said in self.heard]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = receiver.hear(self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", f"{receiver.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
