"""The logging_setup file: for its owner, in JSON, without secrets, and never on the terminal."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui import logging_setup
from integration_tui.domain.errors import RetryableError, StoreError
from integration_tui.domain.secret import Secret, SecretRef

CANARY = "s3cr3tCANARY0042"


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "state" / "console.log"
    logging_setup.configure(path, "debug")
    yield path
    logging_setup.close()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_an_event_is_one_line_of_json(path: Path) -> None:
    logging_setup.get("integration_tui.engine").info(
        "connector down", integration="sis", seconds=1.5
    )

    (event,) = lines(path)
    timestamp = str(event.pop("timestamp"))

    assert timestamp.endswith("Z")
    assert event == {
        "event": "connector down",
        "integration": "sis",
        "seconds": 1.5,
        "level": "info",
        "logger": "integration_tui.engine",
    }


def test_the_file_and_its_folder_are_their_owners_only(path: Path) -> None:
    logging_setup.get("integration_tui").info("x")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_left_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.touch(mode=0o644)

    logging_setup.configure(path)
    logging_setup.close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@dataclass
class Line:
    name: str
    token: str


SECRETS: list[dict[str, object]] = [
    {"value": Secret(CANARY)},
    {"value": [{"deep": (Secret(CANARY),)}]},
    {"token": CANARY},
    {"client_secret": CANARY},
    {"Authorization": CANARY},
    {"headers": {"X-Api-Key": CANARY, "set-cookie": CANARY}},
    {"password": [CANARY]},
    {"private_key": {"pem": CANARY}},
    {"key": 7373},
    {"line": Line("a", CANARY)},
    {"text": f"Authorization: Bearer {CANARY}"},
    {"text": f"GET /a?access_token={CANARY}&b=1"},
    {"text": f'{{"client_secret": "{CANARY}"}}'},
    {"text": f"https://user:{CANARY}@sis.example.org/x"},
    {"text": f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----"},
    {"text": f"eyJhbGciOi.{CANARY}.{CANARY}"},
    {"raw": CANARY.encode()},
    {"error": ValueError(f"password={CANARY}")},
]


@pytest.mark.parametrize("fields", SECRETS, ids=range(len(SECRETS)))
def test_no_secret_reaches_the_file(path: Path, fields: dict[str, object]) -> None:
    logging_setup.get("integration_tui.x").warning("something", **fields)

    written = path.read_text(encoding="utf-8")
    assert "something" in written
    assert CANARY not in written
    assert "7373" not in written


def test_no_secret_reaches_the_file_in_an_event_or_a_traceback(path: Path) -> None:
    try:
        int(f"refused: Bearer {CANARY}")
    except ValueError:
        logging_setup.get("integration_tui.x").exception(f"token={CANARY}")

    written = path.read_text(encoding="utf-8")
    assert "Traceback" in written
    assert CANARY not in written


def test_no_secret_of_another_library_reaches_the_file(path: Path) -> None:
    logging.getLogger("somebody").warning("sent %s", f"Basic {CANARY}")
    logging.getLogger("somebody").info("chatter")

    (event,) = lines(path)
    assert event["event"] == "sent …"


def test_references_and_what_is_about_a_secret_are_written(path: Path) -> None:
    logging_setup.get("integration_tui.x").info(
        "x", token=SecretRef.parse("env:SIS"), token_url="https://a.example/t", client_id="c"
    )

    (event,) = lines(path)
    assert event["token"] == "env:SIS"
    assert event["token_url"] == "https://a.example/t"
    assert event["client_id"] == "c"


def test_a_hostile_name_cannot_steer_the_terminal_of_who_reads_the_log(path: Path) -> None:
    logging_setup.get("integration_tui.x").info(
        "x", name="\x1b]52;c;x\x07\u202e\x9b", **{"\x1bkey": 1}
    )

    written = path.read_text(encoding="utf-8")
    assert not {"\x1b", "\x07", "\u202e", "\x9b", "\\u001b"} & set(written)
    assert "\\u001b" not in written


def test_a_text_without_end_is_cut_and_a_structure_without_end_too(path: Path) -> None:
    circle: list[object] = []
    circle.append(circle)

    logging_setup.get("integration_tui.x").info("x", text="x" * 100_000, circle=circle)

    assert path.stat().st_size < 10_000


def test_what_is_below_the_level_is_not_written(tmp_path: Path) -> None:
    logging_setup.configure(tmp_path / "a.log", "warning")
    logging_setup.get("integration_tui.x").info("x")
    logging_setup.get("integration_tui.x").error("y")
    logging_setup.close()

    assert [event["event"] for event in lines(tmp_path / "a.log")] == ["y"]


def test_a_file_that_is_large_is_put_aside(path: Path) -> None:
    writer = logging_setup.get("integration_tui.x")
    with path.open("ab") as file:
        file.truncate(5 * 1024 * 1024)

    writer.info("behind")

    assert [event["event"] for event in lines(path)] == ["behind"]
    aside = path.with_name("console.log.1")
    assert aside.stat().st_size == 5 * 1024 * 1024


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link.log").symlink_to(tmp_path / "file")

    with pytest.raises(StoreError, match=r"cannot be written.*INTEGRATION_LOG_FILE"):
        logging_setup.configure(tmp_path / "file" / "a.log")
    with pytest.raises(StoreError, match=r"link\.log cannot be written"):
        logging_setup.configure(tmp_path / "link.log")


def test_nothing_is_ever_written_to_the_terminal(tmp_path: Path) -> None:
    code = """
import logging, sys
from pathlib import Path
from integration_tui import logging_setup
writer = logging_setup.get("integration_tui.x")
writer.error("before")
logging_setup.configure(Path(sys.argv[1]))
writer.error("within")
logging.getLogger("other").error("other")
logging_setup.close()
writer.error("after")
"""
    path = tmp_path / "a.log"

    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    )

    assert (done.stdout, done.stderr) == ("", "")
    assert [event["event"] for event in lines(path)] == ["within", "other"]


def test_an_integration_has_a_level_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    logging_setup.configure(path, "warning")
    logging_setup.set_level("sis", "debug")
    logging_setup.set_level("files", "error")
    engine = logging_setup.get("integration_tui.engine")

    for integration in ("sis", "files", "other"):
        engine.debug("d", integration=integration)
        engine.warning("w", integration=integration)
        engine.error("e", integration=integration)
    engine.info("of the program")
    logging_setup.set_level("sis", None)
    engine.info("sis again", integration="sis")
    logging_setup.set_level("files", None)
    logging_setup.close()

    found = [(line["event"], line["integration"]) for line in lines(path)]
    assert found == [
        *(("d", "sis"), ("w", "sis"), ("e", "sis")),
        ("e", "files"),
        *(("w", "other"), ("e", "other")),
    ]


NAME = "Anna Fernández-Quill"


def test_an_exception_is_told_by_kind_and_place_never_by_its_text(path: Path) -> None:
    marks: dict[str, int] = {}

    def parse(pupil: str) -> None:
        try:
            marks[pupil]
        except KeyError as error:
            parts = [ValueError(pupil), OSError(28, pupil)]
            raise ExceptionGroup(pupil, parts) from error

    try:
        parse(NAME)
    except ExceptionGroup as error:
        logging_setup.get("integration_tui.x").error("broke", exc_info=error, error=error)
        logging.getLogger("plugin").warning("broke for %s: %s", NAME, error, exc_info=error)
        logging_setup.get("integration_tui.x").exception("again")

    written = path.read_text(encoding="utf-8")
    assert "Anna" not in written
    assert "Quill" not in written
    for event in lines(path):
        told = str(event["exception"])
        assert "KeyError" in told
        assert "ValueError" in told
        assert "OSError (ENOSPC)" in told
        assert 'test_logging_setup.py", line' in told
    assert lines(path)[1]["event"] == "broke for …: ExceptionGroup"


async def test_what_asyncio_says_of_a_task_has_no_text_of_its_exception(path: Path) -> None:
    async def broken() -> None:
        raise RuntimeError(NAME)

    task = asyncio.create_task(broken())
    await asyncio.wait((task,))
    del task
    gc.collect()

    (event,) = lines(path)
    assert event["event"] == "Task exception was never retrieved"
    assert "RuntimeError" in str(event["exception"])
    assert "Anna" not in path.read_text(encoding="utf-8")


class UnfinishedError(RetryableError):
    def __init__(self) -> None:
        """Forget about the base."""


@pytest.mark.parametrize("error", [RetryableError(5), UnfinishedError()])  # type: ignore[arg-type]  # a plug-in's
def test_an_error_without_its_texts_is_logged_by_its_kind(tmp_path: Path, error: Exception) -> None:
    logging_setup.configure(tmp_path / "app.log")

    logging_setup.get("integration_tui.engine").error("connector failed", exc_info=error)
    logging_setup.close()

    assert type(error).__name__ in (tmp_path / "app.log").read_text()
