"""`python -m tests.flows.write_transcripts` plays every story again and writes what the phone shows now.

A story written in one tongue is told in the others too; answers that are words in the tongue itself are edited by hand.
"""

import sys
from pathlib import Path

from core.languages import TONGUES
from tests.flows.transcript import played

TRANSCRIPTS = Path(__file__).with_name("transcripts")


def main() -> None:
    for told in sorted(TRANSCRIPTS.glob("*.en.txt")):
        for tongue in TONGUES[1:]:
            other = told.with_name(told.name.replace(".en.", f".{tongue}."))
            if not other.exists():
                other.write_text(told.read_text().replace("tongue: en", f"tongue: {tongue}"))
    changed = 0
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        before = path.read_text()
        after = played(before)
        changed += before != after
        path.write_text(after)
    sys.stdout.write(f"{changed} transcripts changed; read them before you keep them.\n")


if __name__ == "__main__":
    main()
