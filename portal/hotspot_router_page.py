"""The log-in page of a MikroTik router, as a file put onto it: it hands the device over to the page of its network.

RouterOS fills in what stands in `$( )`. It is sent as a form, not as an address: what RouterOS says of a device and the
page it meant to open is of any length and made of any signs.
"""

from __future__ import annotations

from html import escape
from typing import Final

_FIELDS: Final = ("mac", "link-login-only", "link-orig", "chap-id", "chap-challenge", "error")


def router_page(address: str) -> str:
    """The file for the network whose page is at this address."""
    fields = "\n".join(f'<input type="hidden" name="{name}" value="$({name})">' for name in _FIELDS)
    return f"""<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Wi-Fi</title></head>
<body><form method="post" action="{escape(address)}">
{fields}
<p><button>Wi-Fi</button></p>
</form><script>document.forms[0].submit()</script></body></html>
"""
