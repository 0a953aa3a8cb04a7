"""`provider enable`, `disable`, `remove`, `types` and `add` as their users call them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run

Call = Callable[..., tuple[int, str, str]]
LINCOLN = "# mine\nname: lincoln  # ours\ntype: mock\nauth: {kind: none}\n"


@pytest.fixture
def folder(environ: dict[str, str]) -> Path:
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "lincoln.yaml").write_text(LINCOLN)
    return folder


@pytest.fixture
def call(
    environ: dict[str, str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Call:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = run(show_console)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_disable_and_enable_write_the_document_and_are_recorded(call: Call, folder: Path) -> None:
    code, _, err = call("provider", "disable", "lincoln", "--reason", "holidays")

    assert (code, err) == (0, "lincoln is disabled: version 2 is active\n")
    assert (folder / "lincoln.yaml").read_text() == f"{LINCOLN}enabled: false\n"
    assert call("provider", "start", "lincoln")[0] != 0

    code, out, err = call("provider", "enable", "lincoln", "--json")

    assert (code, err) == (0, "lincoln is enabled: version 3 is active\n")
    assert json.loads(out) == {"integration": "lincoln", "enabled": True, "version": 3}
    entries = json.loads(call("audit", "list", "--json")[1])
    assert [(entry["act"]["action"], "enabled" in entry["act"]["after"]) for entry in entries] == [
        ("integration.enable", True),
        ("integration.disable", True),
        ("integration.register", False),
    ]


def test_what_is_so_already_or_not_there_is_told(call: Call) -> None:
    call("provider", "disable", "lincoln")

    code, _, err = call("provider", "disable", "lincoln")

    assert code == 2
    assert "the document of lincoln already says enabled: false" in err
    assert "did you mean lincoln?" in call("provider", "enable", "lincon")[2]
    assert "--readonly" in call("--readonly", "provider", "enable", "lincoln")[2]


def test_what_would_not_work_is_enabled_only_untested(call: Call, folder: Path) -> None:
    text = "name: adams\ntype: mock\nenabled: false\nauth: {kind: oauth2, revoked: true}\n"
    (folder / "adams.yaml").write_text(text)

    code, _, err = call("provider", "enable", "adams")

    assert code == 1
    assert "adams was not saved" in err
    assert (folder / "adams.yaml").read_text() == text
    assert call("provider", "enable", "adams", "--untested")[0] == 0


def test_remove_says_what_happens_and_does_it_only_when_told(call: Call, folder: Path) -> None:
    call("sync", "plan", "lincoln")

    code, _, err = call("provider", "remove", "lincoln")

    assert code == 2
    assert "without a terminal, add --yes" in err
    assert "Run 1 is planned: its plan is deleted without being applied." in err
    assert "lincoln.yaml is renamed to lincoln.yaml.removed" in err
    assert call("provider", "show", "lincoln")[0] == 0

    code, out, _ = call("provider", "remove", "lincoln", "--yes", "--json")

    assert code == 0
    assert json.loads(out)["run"] == {"id": 1, "status": "planned"}
    assert (folder / "lincoln.yaml.removed").read_text() == LINCOLN
    assert "unknown integration lincoln" in call("provider", "show", "lincoln")[2]
    assert "integration.remove" in call("audit", "list")[1]


def test_a_file_that_is_gone_already_is_not_said_to_be_renamed(call: Call, folder: Path) -> None:
    call("provider", "list")
    (folder / "lincoln.yaml").unlink()

    code, _, err = call("provider", "remove", "lincoln", "--yes")

    assert code == 0
    assert "renamed" not in err


def test_a_file_that_was_set_aside_stays_when_another_is_removed(call: Call, folder: Path) -> None:
    call("provider", "remove", "lincoln", "--yes")
    (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\n")

    call("provider", "remove", "lincoln", "--yes")

    assert sorted(path.name for path in folder.iterdir()) == [
        "lincoln.yaml.removed",
        "lincoln.yaml.removed-2",
    ]


def test_types_say_which_are_enabled_and_which_is_the_default(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRATION_ENABLED_PROVIDERS", "mock,canvas")

    lines = call("provider", "types")[1].splitlines()
    found = json.loads(call("provider", "types", "--json")[1])

    assert [line.split("built-in")[1].split()[0] for line in lines[1:]] == [
        *("not", "not", "not", "not"),
        *("yes", "default"),
    ]
    assert {found_one["key"] for found_one in found if found_one["enabled"]} == {"mock", "canvas"}
    assert [found_one["key"] for found_one in found if found_one["is_default"]] == ["mock"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "ENABLED_PROVIDERS",
            "mock,oneroaster",
            "INTEGRATION_ENABLED_PROVIDERS: unknown provider type oneroaster;"
            " did you mean oneroster?",
        ),
        (
            "DEFAULT_PROVIDER",
            "mocks",
            "INTEGRATION_DEFAULT_PROVIDER: unknown provider type mocks; did you mean mock?",
        ),
    ],
)
def test_a_type_that_there_is_not_is_refused_with_the_nearest_one(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"INTEGRATION_{name}", value)

    for words in (("provider", "types"), ("provider", "list")):
        code, _, err = call(*words)
        assert code == 2
        assert message in err


def test_a_default_that_is_not_enabled_is_refused_at_its_line(call: Call, folder: Path) -> None:
    settings = folder.parent / "settings.toml"
    settings.write_text('enabled_providers = ["mock"]\ndefault_provider = "canvas"\n')

    code, _, err = call("provider", "types")

    assert code == 2
    assert "settings.toml:2 default_provider: canvas is not enabled" in err


def test_a_new_integration_is_of_the_default_type(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRATION_DEFAULT_PROVIDER", "mock")

    code, out, _ = call("provider", "add", "adams", "seed=3", "--dry-run")

    assert code == 0
    assert [line for line in out.splitlines() if line[0] != "#"] == [
        *("name: adams", "type: mock", "seed: 3")
    ]
    assert call("provider", "add", "mock", "x", "y")[0] == 2
    assert call("provider", "add", "seed=3")[0] == 2


def test_steps_behind_a_failed_one_are_one_line(call: Call, folder: Path) -> None:
    refused = "name: lincoln\ntype: mock\nauth: {kind: oauth2, revoked: true}\n"
    (folder / "lincoln.yaml").write_text(refused)

    code, out, err = call("provider", "test", "lincoln")
    _, json_out, _ = call("provider", "test", "lincoln", "--json")

    found = json.loads(json_out)
    skipped = [step["name"] for step in found if step["status"] == "skipped"]
    assert code == 1
    assert len(skipped) > 1
    assert "skipped" not in out
    assert f"{len(skipped)} steps skipped.\n" in err
    assert "by itself" not in out + err


def test_a_misspelt_command_is_told_the_nearest(call: Call) -> None:
    code, _, err = call("helth")

    assert code == 2
    assert 'Did you mean "health"?' in err
