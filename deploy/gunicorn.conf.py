# ruff: noqa: INP001 - gunicorn reads this file by path; deploy is no package
"""The web process: two workers of sixteen threads, for `shabaka run` and for the systemd unit alike.

Two workers because Python runs one thread at a time; threads because a hop may wait for the database while another
computes. More workers than cores only cost memory (about 70 MB each).
"""

import gc
import os
from pathlib import Path

from supervisor.launch import die_with_parent

bind = os.environ.get("SHABAKA_BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
worker_class = "gthread"
workers = int(os.environ.get("SHABAKA_WEB_WORKERS", "2"))
threads = int(os.environ.get("SHABAKA_WEB_THREADS", "16"))
keepalive = 75  # longer than nginx and gateways keep theirs, so that it is never us who closes a connection in use
timeout = 60
graceful_timeout = 4  # within the supervisor's patience of six seconds
backlog = 512

preload_app = True  # one import instead of two: a second sooner, for 40 MB more by the sum of all RSS
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats must not wait for a disk
control_socket_disable = True  # no second door, and no folder in a HOME that may not exist

accesslog = None  # nginx writes one in production, with keys redacted; URLs here carry the gateway key
errorlog = "-"
loglevel = os.environ.get("SHABAKA_LOG_LEVEL", "INFO").lower()
logger_class = "gunicorn.glogging.Logger"
proc_name = "shabaka-web"


def when_ready(_server: object) -> None:
    """What was loaded before the fork stays shared: the collector would touch, and so copy, every page of it."""
    gc.collect()
    gc.freeze()


def post_fork(_server: object, _worker: object) -> None:
    """A worker must not outlive a killed master: it would hold the port against the next one."""
    die_with_parent(9)
