"""What the checks of a router found, and what to do about it: one sentence each. `{command}` is typed at the router."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

ROUTER_WORDS: Final[Mapping[str, str]] = {
    "access_by.api": _("we tell it every customer"),
    "access_by.radius": _("it asks our RADIUS server"),
    "act.router_added": _("took a router in"),
    "act.router_changed": _("changed a router"),
    "act.router_checked": _("had a router checked"),
    "act.router_renewed": _("made new credentials for a router"),
    "drift.missing": _("was missing"),
    "drift.extra": _("was too many"),
    "drift.changed": _("was changed by hand"),
    "drift.clashes": _("stands in our way and is not ours"),
    "menu.user": _("hotspot user"),
    "menu.profile": _("hotspot user profile"),
    "menu.ppp secret": _("PPP secret"),
    "menu.ppp profile": _("PPP profile"),
    "menu.walled garden": _("walled garden"),
    "menu.hotspot server profile": _("hotspot server profile"),
    "menu.radius client": _("RADIUS client"),
    "menu.radius incoming": _("orders from RADIUS"),
    "menu.ppp aaa": _("PPP and RADIUS"),
    "answers.good": _("It answers."),
    "answers.wrong": _(
        "It does not answer. See that it has power and uplink, that the script is pasted, and that nothing on the way "
        "closes the port of its API."
    ),
    "lets_us_in.good": _("It lets us in."),
    "lets_us_in.wrong": _("It refuses our user or password. Make new credentials and paste the new script."),
    "our_seal.wrong": _(
        "Our password for it is sealed with a key we do not have. Make new credentials and paste the new script."
    ),
    "look.unknown": _("The look at it broke on our side. The log says why."),
    "rights.good": _("Our user has the rights it needs."),
    "rights.wrong": _("Our user lacks these rights: {rights}. Paste the script again."),
    "rights.unknown": _("The rights of our user cannot be seen. Paste the script again."),
    "clock.good": _("Its clock is right."),
    "clock.wrong": _("Its clock is {seconds} seconds off. Switch NTP on: {command}"),
    "clock.unknown": _("Its clock cannot be read. Set it by hand, then switch NTP on."),
    "ntp.wrong": _("NTP is off. Switch it on: {command}"),
    "ntp.unknown": _("Whether NTP is on cannot be seen. Paste the script again."),
    "ntp_answers.good": _("Its time comes by NTP."),
    "ntp_answers.wrong": _("NTP is on, but no time server answers. See that UDP port 123 leads out."),
    "fasttrack.good": _("FastTrack is off."),
    "fasttrack.wrong": _("FastTrack is on: packets pass by the speeds that people pay for. Switch it off: {command}"),
    "fasttrack.unknown": _("Whether FastTrack is on cannot be seen. Switch it off: {command}"),
    "device_mode.good": _("Its device mode allows a hotspot."),
    "device_mode.wrong": _(
        "Its device mode forbids a hotspot. Type {command} and press the button on the device, or cut its power, "
        "within five minutes."
    ),
    "api_sessions.good": _("Its API takes enough connections."),
    "api_sessions.wrong": _("Its API takes only {most} connections. Let it take more: {command}"),
    "api_sessions.unknown": _("The settings of its API cannot be seen. Paste the script again."),
    "api_closed.good": _("Its API talks to our address alone."),
    "api_closed.wrong": _("Its API talks to every address. Let it talk to ours alone: {command}"),
    "hotspot.good": _("What customers log in to runs on it."),
    "hotspot.wrong": _("No hotspot runs on it. Set one up: {command}"),
    "hotspot.unknown": _("It has no hotspot menu. Install the hotspot package, or use it for lines alone."),
    "hotspot_asks.good": _("Its hotspot asks RADIUS."),
    "hotspot_asks.wrong": _("The hotspot profile {profile} does not ask RADIUS. Let it ask: {command}"),
    "line_addresses.good": _("Its lines get their addresses."),
    "line_addresses.wrong": _("Its PPP profile has no addresses to give to lines. Set them: {command}"),
    "line_addresses.unknown": _("Its PPP profiles cannot be seen. Paste the script again."),
    "radius_client.good": _("It knows our RADIUS server."),
    "radius_client.wrong": _("It does not know our RADIUS server at {address}. Paste the script again."),
    "radius_client.unknown": _("How it asks RADIUS cannot be compared: set the address of our RADIUS server first."),
    "radius_secret.good": _("Its RADIUS secret is ours."),
    "radius_secret.wrong": _("Its RADIUS secret is another than ours. Make new credentials and paste the new script."),
    "radius_secret.unknown": _("Its RADIUS secret is hidden from us. If log-ins fail, paste the script again."),
    "radius_timeout.good": _("It waits long enough for RADIUS."),
    "radius_timeout.wrong": _("It waits only {milliseconds} ms for RADIUS. Let it wait longer: {command}"),
    "radius_signed.good": _("It takes only signed answers from RADIUS."),
    "radius_signed.wrong": _("It takes answers that nobody signed. Let it take signed ones alone: {command}"),
    "radius_orders.good": _("It takes orders from our RADIUS server."),
    "radius_orders.wrong": _("It takes no orders from our RADIUS server. Let it take them: {command}"),
}
# What is typed at the router, by check. What stands in angle brackets is the technician's to fill in.
COMMANDS: Final[Mapping[str, str]] = {
    "clock": "/system ntp client set enabled=yes servers=pool.ntp.org",
    "ntp": "/system ntp client set enabled=yes servers=pool.ntp.org",
    "fasttrack": "/ip firewall filter disable [find action=fasttrack-connection]",
    "device_mode": "/system device-mode update hotspot=yes",
    "api_sessions": "/ip service set api max-sessions=20",
    "api_closed": "/ip service set api address={from_address}",
    "hotspot": "/ip hotspot setup",
    "hotspot_asks": "/ip hotspot profile set [find] use-radius=yes",
    "line_addresses": "/ppp profile set default local-address=<address> remote-address=<pool>",
    "radius_timeout": "/radius set [find] timeout=3s",
    "radius_signed": "/radius set [find] require-message-auth=yes-for-request-resp",
    "radius_orders": "/radius incoming set accept=yes port={port}",
}
