"""What is compiled is kept beside its source, whatever the environment tells Python to keep."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from supervisor.compiled import keep_compiled


def kept(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def package(root: Path, name: str) -> Path:
    source = root / name / "rule.py"
    source.parent.mkdir()
    (source.parent / "__init__.py").touch()
    source.write_text("PRICE = 1\n")
    return source


def test_packages_are_compiled_once_and_again_when_they_change(tmp_path):
    source, story = package(tmp_path, "core"), package(tmp_path, "tests")
    (tmp_path / "var").mkdir()
    keep_compiled(tmp_path)
    first = kept(source).stat()
    keep_compiled(tmp_path)
    assert kept(source).stat().st_mtime_ns == first.st_mtime_ns
    assert not kept(story).exists()
    source.write_text("PRICE = 22\n")
    os.utime(source, (first.st_mtime + 5, first.st_mtime + 5))
    before = kept(source).read_bytes()
    keep_compiled(tmp_path)
    assert kept(source).read_bytes() != before


def test_what_cannot_be_compiled_or_kept_stops_no_start(tmp_path):
    good, wrong = package(tmp_path, "core"), package(tmp_path, "flows")
    wrong.write_text("PRICE = = 1\n")
    kept(good).parent.write_text("a file where a folder should be")
    keep_compiled(tmp_path)
    assert not kept(wrong).exists()
