"""The house is kept: sizes, names, no loose ends; the schema is what the tables say."""

import ast
import re
import subprocess

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from core.db.migrate import _config
from core.db.revision import newest
from core.schema import METADATA

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "lib"}
LOOSE_ENDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")


def product_files(root):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    ours = (root / name for name in listed if not name.startswith(("tests/", "core/db/migrations/versions/")))
    return [path for path in ours if path.exists()]  # git lists what was moved away until that is committed


def test_no_module_is_longer_than_400_lines_and_no_function_than_70(root):
    long = []
    for path in product_files(root):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MODULE_LINES_MAX:
            long.append(f"{path.relative_to(root)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                # A blueprint's factory holds its routes; each of them is measured by itself.
                inner = sum((n.end_lineno or 0) - n.lineno + 1 for n in node.body if isinstance(n, ast.FunctionDef))
                if lines - inner > FUNCTION_LINES_MAX:
                    long.append(f"{path.relative_to(root)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_there_is_no_drawer_by_any_of_its_names(root):
    assert [path for path in product_files(root) if path.stem in DRAWERS] == []


def test_nothing_is_left_for_later(root):
    loose = [path.name for path in product_files(root) if LOOSE_ENDS.search(path.read_text(encoding="utf-8"))]
    assert loose == []


def test_every_module_says_what_it_is(root):
    assert [
        p.name for p in product_files(root) if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))
    ] == []


def _of_ours(name, kind, _parents):
    """A month of samples is a part of their table, made when the month comes."""
    return kind != "table" or not name.startswith("usage_sample_")


def test_the_migrations_build_what_the_tables_say(database_url):
    engine = create_engine(database_url)
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection, opts={"include_name": _of_ours}), METADATA)
    engine.dispose()
    assert found == []


def test_the_newest_revision_is_the_head_of_the_migrations():
    assert ScriptDirectory.from_config(_config()).get_current_head() == newest()
