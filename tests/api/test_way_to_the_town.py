"""The way to the sandbox town: it may never keep every thread of the process for itself."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask

from api import town


@pytest.fixture
def slow_town():
    """A town that does what it is told when it is let, and counts who waits; whoever only looks need not."""
    let, waiting = threading.Event(), threading.Semaphore(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer()

        def do_POST(self):
            waiting.release()
            let.wait(20)
            self.answer()

        def answer(self):
            body = self.path.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", let, waiting
    let.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_who_finds_no_place_is_told_at_once_and_lookers_and_the_others_are_answered(slow_town):
    url, let, waiting = slow_town
    app = Flask("town")
    app.register_blueprint(town.create_blueprint(url))
    statuses = []

    def ask():
        statuses.append(app.test_client().post("/sandbox/ussd").status_code)

    threads = [threading.Thread(target=ask) for _ in range(town.DEEDS_MAX)]
    for thread in threads:
        thread.start()
    for _place in threads:
        assert waiting.acquire(timeout=10)
    assert app.test_client().post("/sandbox/ussd").status_code == 503
    assert app.test_client().get("/sandbox/messages?to=1").status_code == 200
    let.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * town.DEEDS_MAX


def test_a_town_that_is_away_is_one_sentence():
    app = Flask("town")
    app.register_blueprint(town.create_blueprint("http://127.0.0.1:1"))
    answer = app.test_client().get("/sandbox/")
    assert (answer.status_code, answer.text) == (502, "The sandbox town does not answer.")
