"""`stand_in.py ROLE HOME`: the least that can stand for one of the product's programs."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

TOWN_PORT_NAME = "town_port"


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def serve(port):
    http.server.ThreadingHTTPServer.allow_reuse_address = True
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Health).serve_forever()


def sql(words):
    from supervisor.postgres import binary

    url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
    sockets = urllib.parse.parse_qs(url.query)["host"][0]
    command = [binary("psql"), "-XAtq", "-h", sockets, "-U", "shabaka", "-d", "shabaka", "-v", "ON_ERROR_STOP=1"]
    return subprocess.run([*command, "-c", words], check=True, capture_output=True, text=True).stdout


def note(home, word):
    with (home / "errands").open("a") as stream:
        stream.write(f"{word}\n")


def main(role, home):
    if role == "migrate":
        note(home, "migrate")
        sql(
            "CREATE TABLE IF NOT EXISTS alembic_version (version_num text);"
            "INSERT INTO alembic_version SELECT 'one' WHERE NOT EXISTS (SELECT FROM alembic_version);"
            "CREATE TABLE IF NOT EXISTS kept (word text)"
        )
    elif role == "seed":
        note(home, "seed")
        (home / "demo.json").write_text(json.dumps({"web": os.environ["SHABAKA_PUBLIC_URL"]}))
    elif role == "fail":
        sys.exit("the schema is not what it should be")
    elif role == "web":
        serve(int(os.environ["PORT"]))
    elif role == "sandbox":
        serve(json.loads((home / "sandbox.json").read_text())[TOWN_PORT_NAME])
    elif role == "busy":  # does not listen to TERM
        import signal

        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(600)
    else:
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
