"""FreeRADIUS for the bench: as `deploy/freeradius` has it, and the same with Debian's own tables and queries."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.engine import make_url

from bench.house import READY_S, ROOT
from supervisor.errors import CannotRunError

QUERIES: Final = "/etc/freeradius/3.0/mods-config/sql/main/postgresql/queries.conf"
_CLIENT: Final = """
client bench {{
	ipaddr = {client}
	secret = {secret}
}}

$INCLUDE sites/
"""
_SQL: Final = """
	read_groups = no
	group_attribute = "SQL-Group"
	acct_table1 = "radacct"
	acct_table2 = "radacct"
	postauth_table = "radpostauth"
	authcheck_table = "radcheck"
	groupcheck_table = "radgroupcheck"
	authreply_table = "radreply"
	groupreply_table = "radgroupreply"
	usergroup_table = "radusergroup"
	client_table = "nas"
	$INCLUDE {queries}
}}
"""
# As Debian has it (policy.d/accounting, acct_unique), which its accounting queries need.
_SITE: Final = r"""
	authorize {
		chap
		mschap
		eap {
			ok = return
		}
		sql
		pap
	}

	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
		Auth-Type MS-CHAP {
			mschap
		}
		eap
	}

	post-auth {
		update reply {
			&Message-Authenticator := 0x00
		}
	}

	preacct {
		update request {
			&Acct-Unique-Session-Id := "%{md5:%{User-Name},%{Acct-Session-ID},\
%{%{NAS-IPv6-Address}:-%{NAS-IP-Address}},%{NAS-Identifier},%{NAS-Port-ID},%{NAS-Port}}"
		}
	}

	accounting {
		sql
	}
}
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Its ports."""

    auth: int
    acct: int


def program(name: str) -> str:
    """Where a program is.

    Raises:
        CannotRunError: it is not installed.
    """
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found is None or not Path(QUERIES).exists():
        raise CannotRunError("This bench needs Debian's packages freeradius, freeradius-postgresql, freeradius-utils.")
    return found


def plain_folder(folder: Path, *, client: str, secret: str) -> Path:
    """Our configuration with the stock tables and queries in place of our functions, and a client it knows."""
    plain = folder / "plain"
    shutil.copytree(ROOT / "deploy" / "freeradius", plain)
    main = (plain / "radiusd.conf").read_text(encoding="utf-8")
    main = main[: main.index("# Who a packet may come from")] + _CLIENT.format(client=client, secret=secret)
    (plain / "radiusd.conf").write_text(main, encoding="utf-8")
    sql = (plain / "mods" / "sql").read_text(encoding="utf-8")
    sql = sql[: sql.index("\tread_groups")] + sql[sql.index("\tread_profiles") : sql.index("\taccounting {")]
    sql = sql.replace("auto_escape = yes", "auto_escape = no").replace('\tsql_user_name = "%{User-Name}"\n', "")
    (plain / "mods" / "sql").write_text(sql + _SQL.format(queries=QUERIES), encoding="utf-8")
    site = (plain / "sites" / "shabaka").read_text(encoding="utf-8")
    (plain / "sites" / "shabaka").write_text(site[: site.index("\tauthorize {")] + _SITE, encoding="utf-8")
    (plain / "sites" / "routers").unlink()
    return plain


@contextmanager
def freeradius(url: str, key: str, folder: Path) -> Iterator[Server]:
    """The server on ports of its own, until it is let go."""
    server = Server(_free_port(), _free_port())
    parsed = make_url(url)
    facts = {"host": parsed.query.get("host") or parsed.host, "user": parsed.username, "dbname": parsed.database}
    environ = os.environ | {
        "SHABAKA_RADIUS_ADDRESS": "127.0.0.1",
        "SHABAKA_RADIUS_AUTH_PORT": str(server.auth),
        "SHABAKA_RADIUS_ACCT_PORT": str(server.acct),
        "SHABAKA_RADIUS_DATABASE": " ".join(f"{name}={value}" for name, value in facts.items()),
        "SHABAKA_RADIUS_KEY": key,
        "SHABAKA_RADIUS_FOLDER": str(folder),
    }
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [program("freeradius"), "-f", "-l", "stdout", "-d", str(folder)],
            env=environ,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, log.fileno())
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], log: int) -> None:
    deadline = time.monotonic() + READY_S
    while b"Ready to process requests" not in (told := os.pread(log, 1_000_000, 0)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotRunError(f"FreeRADIUS did not start: {told.decode(errors='replace')[-1000:]}")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
