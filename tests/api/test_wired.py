"""The API in the application that really runs, and the worker that really tells of events."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from urllib.parse import urlsplit

from sqlalchemy import text

from core.bells import BELLS, TIMETABLE
from core.partners.kinds import KINDS
from core.partners.make_webhook import make_webhook
from core.places import PLACES
from tests.receiver import receiving
from tests.town import count, served
from wsgi import create_app

TELLS = """
from tasks.shared import worker
from tasks.network import fold_usage
from tasks.partners import forget_told
from tasks.money import relay_due
assert worker().handlers["webhook"]
relay_due("webhook")
forget_told()
"""


def test_the_web_process_serves_it_and_says_no_in_json(environ, town):
    app = create_app(environ)
    with served(app) as url:
        address = urlsplit(url).netloc
        for method, path, status in (
            ("GET", "/api/v1/openapi.json", 200),
            ("GET", "/api/v1/customers", 401),
            ("GET", "/api/v1/nothing", 404),
            ("DELETE", "/api/v1/customers", 405),
        ):
            line = http.client.HTTPConnection(address, timeout=10)
            line.request(method, path)
            answer = line.getresponse()
            assert (answer.status, answer.headers["Content-Type"]) == (status, "application/json"), path
            assert "Set-Cookie" not in answer.headers
            line.close()


def test_a_body_in_chunks_without_end_is_refused(environ, town, key_for):
    app = create_app(environ)
    with served(app) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        chunks = (b" " * 1024 for _chunk in range(65))
        headers = {"Authorization": f"Bearer {key_for('usage:write')}", "Transfer-Encoding": "chunked"}
        line.request("POST", "/api/v1/usage", body=chunks, headers=headers, encode_chunked=True)
        answer = line.getresponse()
        assert answer.status in (400, 413)
        assert b'"error"' in answer.read()
        line.close()


def test_a_worker_process_tells_a_partner(environ, town, parts, root):
    with receiving() as receiver:
        with parts.db.transaction() as tx:
            receiver.secret = make_webhook(
                tx, name="Nimule", url=receiver.url, kinds=KINDS, private=True, sealer=parts.sealer, ids=parts.ids,
                now=parts.clock.now(),
            ).secret  # fmt: skip
        town.give(town.achol, 500)
        done = subprocess.run(
            [sys.executable, "-c", TELLS],
            env={**os.environ, **environ, "SHABAKA_WEBHOOKS_PRIVATE": "1"}, cwd=root, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert receiver.kinds == ["payment.received"]
    assert count(parts, "outbox", "kind = 'webhook' AND state = 'sent'") == 1


KILLED = """
import os, signal
from tasks.shared import worker
from tasks.money import relay_due
really = worker().courier.post
def post(*said):
    assert really(*said).arrived
    os.kill(os.getpid(), signal.SIGKILL)
worker().courier.post = post
relay_due("webhook")
"""


def test_a_worker_killed_after_sending_and_before_recording_sends_the_same_event_again(environ, town, parts, root):
    with receiving() as receiver:
        with parts.db.transaction() as tx:
            receiver.secret = make_webhook(
                tx, name="Nimule", url=receiver.url, kinds=KINDS, private=True, sealer=parts.sealer, ids=parts.ids,
                now=parts.clock.now(),
            ).secret  # fmt: skip
        town.give(town.achol, 500)
        for script, code in ((KILLED, -9), (TELLS, 0)):
            done = subprocess.run(
                [sys.executable, "-c", script],
                env={**os.environ, **environ, "SHABAKA_WEBHOOKS_PRIVATE": "1"}, cwd=root, capture_output=True,
                text=True, timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == code, done.stderr
            assert len(receiver.ids) == 1  # its lease still runs
        with parts.db.transaction() as tx:
            tx.execute(text("UPDATE outbox SET leased_until = now() - interval '1 second' WHERE kind = 'webhook'"))
        subprocess.run(
            [sys.executable, "-c", TELLS], env={**os.environ, **environ, "SHABAKA_WEBHOOKS_PRIVATE": "1"}, cwd=root,
            timeout=60, check=True,
        )  # fmt: skip
        assert len(receiver.ids) == 2
        assert len(set(receiver.ids)) == 1
    assert count(parts, "outbox", "kind = 'webhook' AND state = 'sent'") == 1


def test_events_are_swept_and_have_a_place_to_be_worked_in():
    assert BELLS["webhook"] == "relay"
    assert ("relay", ["webhook"]) in [(task, arguments) for task, arguments, _every in TIMETABLE.values()]
    assert PLACES["webhook"] > 0
