"""Every story in `transcripts/`, played again: what the phone shows must be what the field officer reads there."""

from pathlib import Path

import pytest

from core.languages import TONGUES
from tests.flows.transcript import played

TRANSCRIPTS = sorted(Path(__file__).with_name("transcripts").glob("*.txt"))
STORIES = sorted({path.name.partition(".")[0] for path in TRANSCRIPTS})


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_the_phone_shows_what_the_story_says(path):
    written = path.read_text()
    assert f"tongue: {path.name.split('.')[1]}\n" in written
    assert played(written) == written


@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_told_in_every_tongue(story):
    told = {path.name.split(".")[1] for path in TRANSCRIPTS if path.name.partition(".")[0] == story}
    assert told == set(TONGUES)


def test_a_story_that_says_something_else_is_noticed():
    written = TRANSCRIPTS[0].read_text()
    assert played(written.replace("    1. ", "    9. ")) == written
