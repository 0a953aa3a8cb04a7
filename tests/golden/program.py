"""The program as its users call it, in an environment that is the same everywhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run

DISTRICT = Path(__file__).parent / "district"
COLUMNS = 80
_KEPT = frozenset({"PATH", "PYTEST_CURRENT_TEST", "PYTEST_VERSION", "TMPDIR"})
_INTEGRATIONS = {
    "sis": """\
name: sis
type: oneroster_csv
path: {folder}/sis
sync: {grace: {sweeps: 1, days: 0}, quality: {max_drop: 100}}
environments:
  production: {title: District}
  staging: {title: Trial, sync: {page_size: 500}}
""",
    "lms": """\
name: lms
type: oneroster_csv
path: {folder}/lms
sync: {match: {rules: [email]}, quality: {max_drop: 100}}
""",
    "lincoln": """\
name: lincoln
type: mock
latency: {median_ms: 0}
auth: {kind: none}
epoch: 2024-01-01T00:00:00Z
""",
}
_FOR_LMS = {
    "users.csv": (
        ('"u0', '"lms-u0'),
        ('"u9', '"lms-u9'),
        ('"Given3","Family3"', '"Quite","Another"'),
    ),
    "roles.csv": (('"u0', '"lms-u0'), ('"u9', '"lms-u9')),
    "enrollments.csv": (('"u0', '"lms-u0'), ('"u9', '"lms-u9')),
}
"""What `lms` calls its people; one of them has another name there."""


@dataclass(frozen=True)
class Ended:
    """How a call of the program ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Program:
    """The program, with a configuration, rosters in files and a store in a folder of its own."""

    folder: Path
    patch: pytest.MonkeyPatch

    def call(self, *words: str) -> Ended:
        self.patch.setattr(sys, "argv", ["integration-tui", *words])
        out, err = (TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) for _ in "oe")
        with redirect_stdout(out), redirect_stderr(err):
            code = run(show_console)
        return Ended(code, _text(out), _text(err))

    def edit(self, path: str, old: str, new: str) -> None:
        """Change a file of the folder."""
        file = self.folder / path
        text = file.read_text()
        assert old in text, (path, old)
        file.write_text(text.replace(old, new))


def _text(stream: TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


@contextmanager
def program_in(folder: Path) -> Generator[Program]:
    """Yield the program with two systems that keep files, and a made-up one."""
    _write(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - _KEPT:
            patch.delenv(name)
        for name, value in _environ(folder).items():
            patch.setenv(name, value)
        time.tzset()
        yield Program(folder, patch)
    time.tzset()


def _write(folder: Path) -> None:
    documents = folder / "config" / "integrations"
    documents.mkdir(parents=True)
    for name, text in _INTEGRATIONS.items():
        (documents / f"{name}.yaml").write_text(text.replace("{folder}", f"{folder}"))
    for name in ("sis", "lms"):
        (folder / name).mkdir()
    for file in DISTRICT.glob("*.csv"):
        text = file.read_text()
        (folder / "sis" / file.name).write_text(text)
        for old, new in _FOR_LMS.get(file.name, ()):
            text = text.replace(old, new)
        (folder / "lms" / file.name).write_text(text)


def _environ(folder: Path) -> dict[str, str]:
    return {
        "HOME": f"{folder}",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "COLUMNS": f"{COLUMNS}",
        "LINES": "24",
        "INTEGRATION_CONFIG_DIR": f"{folder / 'config'}",
        "INTEGRATION_DATA_DIR": f"{folder / 'data'}",
        "INTEGRATION_STATE_DIR": f"{folder / 'state'}",
    }
