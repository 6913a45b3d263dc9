"""A chart of what flows, drawn here as SVG of some hundred bytes. Time runs from left to right in every language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from core.usage.throughput import Flow

WIDTH: Final = 320
HEIGHT: Final = 100
_KBIT: Final = 1000
# What the top of a chart may stand for, in kbit/s: a scale that jumps with every value cannot be compared.
_TOPS: Final = tuple(figure * 10**power for power in range(2, 8) for figure in (1, 2, 5))  # 100 kbit/s to 50 Gbit/s


def top_kbps(flows: Sequence[Flow]) -> int:
    """The top of a chart: the least of the round speeds that is not below anything on it."""
    most = max((max(flow.down_bps, flow.up_bps) for flow in flows), default=0)
    return next((top for top in _TOPS if top * _KBIT >= most), -(-most // _KBIT))


def chart(flows: Sequence[Flow], label: str) -> Markup:
    """What came down as an area of steps, what went up as a line over it. `label` says it to who does not see it."""
    top = top_kbps(flows) * _KBIT
    down = _path([flow.down_bps for flow in flows], top)
    up = _path([flow.up_bps for flow in flows], top)
    return Markup(
        '<svg class="chart" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        '<path class="half" d="M0 {half}H{w}"/><path class="down" d="M0 {h}{down}V{h}Z"/>'
        '<path class="up" d="M0 {first}{up}"/></svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        half=HEIGHT // 2,
        label=label,
        down=down,
        up=up,
        first=_y(flows[0].up_bps, top) if flows else HEIGHT,
    )


def _path(values: Sequence[int], top: int) -> str:
    """Steps from left to right: `V80H27V40H53`. A step as high as the one before it is only made longer."""
    parts: list[str] = []
    before = None
    for index, value in enumerate(values, 1):
        y, x = _y(value, top), round(index * WIDTH / len(values))
        parts[-1:] = [f"H{x}"] if y == before else [*parts[-1:], f"V{y}", f"H{x}"]
        before = y
    return "".join(parts)


def _y(value: int, top: int) -> int:
    return HEIGHT - round(value * HEIGHT / top)
