"""Changing a document, adding an integration and comparing, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_main import Call, call, folder

__all__ = ["call", "folder"]

LINCOLN = "# ours\nname: lincoln\ntype: mock\ntitle: Lincoln   # as on the letterhead\n"


@pytest.fixture
def lincoln(folder: Path) -> Path:
    path = folder / "lincoln.yaml"
    path.write_text(LINCOLN)
    return path


def test_a_value_is_changed_and_everything_else_kept(call: Call, lincoln: Path) -> None:
    answer = call(
        *("config", "set", "lincoln", "title=Lincoln High", "latency.median_ms=1"),
        *("environments.staging.seed=9", "--reason", "as asked for"),
    )

    assert (answer.code, answer.err) == (0, "lincoln: saved. Version 2 active.\n")
    assert lincoln.read_text() == LINCOLN.replace("Lincoln ", "Lincoln High ") + (
        "latency:\n  median_ms: 1\nenvironments:\n  staging:\n    seed: 9\n"
    )
    assert "as asked for" in call("config", "history", "lincoln").out


def test_a_key_is_taken_out(call: Call, lincoln: Path) -> None:
    call("config", "set", "lincoln", "--unset", "title", "--reason", "none needed")

    assert lincoln.read_text() == "# ours\nname: lincoln\ntype: mock\n"


def test_a_dry_run_prints_what_would_change_and_stores_nothing(call: Call, lincoln: Path) -> None:
    answer = call("config", "set", "lincoln", "seed=8", "--dry-run")
    wrong = call("config", "set", "lincoln", "seed=-8", "--dry-run")

    assert answer.code == 0
    assert "+seed: 8" in answer.out.splitlines()
    assert wrong.code == 2
    assert wrong.err == "lincoln:5:1 seed: must be 0 or more, found -8\n"
    assert lincoln.read_text() == LINCOLN


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["sed=8"], "sed is unknown; did you mean seed?"),
        (["seed"], "seed has no value; write seed=VALUE"),
        (["seed=many"], "seed must be a whole number"),
        ([], "nothing to change"),
        (["auth.kind=oauth2", "auth.revoked=true"], "was not saved"),
    ],
)
def test_what_cannot_be_changed_is_said(
    call: Call, lincoln: Path, words: list[str], sentence: str
) -> None:
    answer = call("config", "set", "lincoln", *words, "--reason", "x")

    assert answer.code != 0
    assert sentence in answer.err
    assert lincoln.read_text() == LINCOLN


def test_a_change_needs_a_reason(call: Call, lincoln: Path) -> None:
    answer = call("config", "set", "lincoln", "seed=8")

    assert (answer.code, answer.err) == (2, "reason missing; add --reason TEXT\n")


def test_an_integration_is_tried_and_added(call: Call) -> None:
    answer = call("provider", "add", "mock", "adams", "latency.median_ms=1")

    assert answer.code == 0
    assert "authenticate" in answer.out
    assert "latency:\n  median_ms: 1" in call("config", "show", "adams").out
    assert "exists already: adams" in call("provider", "add", "mock", "adams").err


def test_what_does_not_work_is_not_added(call: Call) -> None:
    words = ("provider", "add", "mock", "adams", "auth.revoked=true")

    assert call(*words).code == 1
    assert call("config", "show", "adams").code == 2
    assert call(*words, "--untested").code == 0


def test_every_value_that_is_missing_is_named(call: Call) -> None:
    answer = call("provider", "add", "canvas", "lms", "--dry-run")

    assert answer.code == 2
    assert answer.out.startswith("# Used as the ID everywhere")
    base_url, token = answer.err.splitlines()
    assert base_url == "base_url missing: Base URL of the API."
    assert token.startswith("auth.token missing: ")


def test_an_integration_begins_with_a_document_of_ones_own(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('# mine\nname = "x"\ntype = "mock"\nseed = 3  # odd\n')

    answer = call("provider", "add", "mock", "adams", "--file", str(file), "--dry-run")

    assert answer.out == '# mine\nname = "adams"\ntype = "mock"\nseed = 3  # odd\n'


def test_two_integrations_and_two_environments_are_compared(call: Call, lincoln: Path) -> None:
    lincoln.write_text(f"{LINCOLN}environments:\n  staging:\n    seed: 9\n")
    call("provider", "add", "mock", "adams", "seed=3", "--untested")

    environments = call(
        "config", "compare", "lincoln", "--environments", "staging", "production", "--json"
    )
    others = call("config", "compare", "lincoln", "--with", "adams")

    assert environments.code == 1
    assert environments.json == [{"path": "seed", "one": "9", "other": ""}]
    assert others.out.splitlines()[0].split() == ["KEY", "LINCOLN", "ADAMS"]
    assert call("config", "compare", "adams", "--with", "adams").code == 0
    assert call("config", "compare", "adams").code == 2
