"""Every claim about speed as a program: ours against a ceiling measured in the same run, taken in turn."""

from __future__ import annotations

import importlib
import json
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measured:
    """One bench's result: rates (higher is better), medians of runs taken in turn; latencies in milliseconds."""

    name: str
    ours: float
    ceiling: float
    unit: str
    ratio: float
    runs: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    ceiling_p99_ms: float | None = None
    also: str | None = None


def compare(name: str, unit: str, ours: list[float], ceiling: list[float], **latencies: float) -> Measured:
    """The medians, and the median of the ratios run by run: the machine's drift falls out."""
    ratio = statistics.median(mine / bare for mine, bare in zip(ours, ceiling, strict=True))
    measured = Measured(
        name,
        round(statistics.median(ours), 1),
        round(statistics.median(ceiling), 1),
        unit,
        round(ratio, 3),
        len(ours),
    )
    return replace(measured, **{key: round(value, 2) for key, value in latencies.items()})  # type: ignore[arg-type]


def names() -> list[str]:
    """The benches there are."""
    here = Path(__file__).parent
    return sorted(path.stem for path in here.glob("[a-z]*.py") if "\ndef measure(" in path.read_text(encoding="utf-8"))


def run_bench(name: str, *, as_json: bool) -> int:
    """Run one bench and say what it found. Exit 2 for a name that is none."""
    if name not in names():
        sys.stderr.write(f"There is no bench named {name}. There are: {', '.join(names())}.\n")
        return 2
    measured: Measured = importlib.import_module(f"bench.{name}").measure()
    figures = {key: value for key, value in asdict(measured).items() if value is not None}
    if as_json:
        print(json.dumps(figures))
        return 0
    for key, value in figures.items():
        print(f"{key:15} {value}")
    return 0
