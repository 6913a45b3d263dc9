"""Grants: who may be online, with which credentials and limits, until when. Routers and RADIUS read only this."""
