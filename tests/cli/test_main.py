"""The command line: data on standard output, words on standard error, exit codes that mean it."""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from integration_tui.__main__ import show_console
from integration_tui.cli.main import run


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Call the program in this process, as a user who has a folder of their own."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = run(show_console)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return call


@pytest.fixture
def folder(environ: dict[str, str]) -> Path:
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\ntitle: Lincoln\n")
    return folder


@pytest.fixture
def district(folder: Path) -> Path:
    """Two integrations, one of which cannot log in."""
    text = "name: jefferson\ntype: mock\nauth: {kind: oauth2, revoked: true}\n"
    (folder / "jefferson.yaml").write_text(text)
    return folder


def test_without_a_terminal_the_console_names_the_command_that_works(call: Call) -> None:
    answer = call()

    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert "integration-tui health --once" in answer.err


def test_the_demo_shows_five_integrations_of_different_characters(call: Call) -> None:
    answer = call("demo", "--once", "--json")

    assert answer.code == 0
    assert isinstance(answer.json, list)
    assert len(answer.json) == 5
    assert {value["type"] for value in answer.json} == {"mock"}
    assert len({value["status"] for value in answer.json}) > 1
    assert all(value["advice"] for value in answer.json if value["problem"])


def test_the_demo_leaves_nothing_behind(call: Call, environ: dict[str, str]) -> None:
    call("demo", "--once")

    assert not Path(environ["INTEGRATION_DATA_DIR"]).exists()


def test_every_type_is_listed_with_what_it_can_do(call: Call) -> None:
    answer = call("provider", "types", "--json")

    assert answer.code == 0
    assert isinstance(answer.json, list)
    by_key = {value["key"]: value for value in answer.json}
    assert {"oneroster", "timeback", "google_classroom", "canvas", "mock"} <= set(by_key)
    assert len(by_key["mock"]["capabilities"]) == 7


@pytest.mark.usefixtures("district")
def test_health_says_by_its_exit_code_that_there_is_trouble(call: Call) -> None:
    answer = call("health", "--once", "--json")

    assert answer.code == 1
    assert isinstance(answer.json, list)
    by_name = {value["integration"]["id"]: value for value in answer.json}
    assert by_name["lincoln"]["report"]["status"] == "healthy"
    assert by_name["jefferson"]["integration"]["problem"]["trouble"] == "credentials"


@pytest.mark.usefixtures("folder")
def test_health_is_fine_when_everything_is(call: Call) -> None:
    assert call("health", "--once").code == 0


@pytest.mark.usefixtures("district")
def test_a_trial_names_the_leg_and_the_way_out(call: Call) -> None:
    fine, bad = call("provider", "test", "lincoln"), call("provider", "test", "jefferson")

    assert (fine.code, bad.code) == (0, 1)
    assert "passed" in fine.out
    assert "failed" in bad.out
    assert bad.err


@pytest.mark.usefixtures("folder")
def test_stop_is_kept_and_recorded(call: Call) -> None:
    assert call("provider", "stop", "lincoln").code == 0

    shown = call("provider", "show", "lincoln", "--json")
    entries = call("audit", "list", "--json")

    assert isinstance(shown.json, dict)
    assert shown.json["integration"]["intent"] == "stop"
    assert isinstance(entries.json, list)
    assert entries.json[0]["act"]["action"] == "integration.stop"


@pytest.mark.usefixtures("folder")
def test_a_name_that_is_not_there_is_bad_input(call: Call) -> None:
    answer = call("provider", "show", "lincon")

    assert answer.code == 2
    assert "lincon" in answer.err
    assert "lincoln" in answer.err  # the nearest one there is


def test_validate_names_file_line_and_column(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\ntype: mock\nsede: 3\n")

    answer = call("config", "validate", str(path))

    assert answer.code == 2
    assert f"{path}:3:1" in answer.out
    assert "seed" in answer.out


def test_validate_needs_no_store(call: Call, tmp_path: Path, environ: dict[str, str]) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("name: x\ntype: mock\n")

    assert call("config", "validate", str(path)).code == 0

    assert not Path(environ["INTEGRATION_DATA_DIR"]).exists()


@pytest.mark.parametrize("kind", ["oneroster", "timeback", "google_classroom", "canvas", "mock"])
def test_every_type_has_a_schema(call: Call, kind: str) -> None:
    answer = call("config", "schema", kind)

    assert answer.code == 0
    assert isinstance(answer.json, dict)
    assert "environments" in json.dumps(answer.json)


@pytest.mark.parametrize("kind", ["oneroster", "timeback", "google_classroom", "canvas", "mock"])
def test_every_type_has_a_sample_that_is_valid(call: Call, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.yaml"

    path.write_text(call("config", "sample", kind).out)

    assert call("config", "validate", str(path)).code == 0


def test_a_sample_is_of_the_default_type_when_none_is_named(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRATION_DEFAULT_PROVIDER", "canvas")

    assert call("config", "sample").out == call("config", "sample", "canvas").out


def test_a_secret_that_is_not_there_is_found_by_the_doctor(call: Call, folder: Path) -> None:
    text = "name: sis\ntype: canvas\nbase_url: https://x.example\n"
    (folder / "sis.yaml").write_text(f"{text}auth: {{type: jwt, token: env:NO_SUCH}}\n")

    answer = call("doctor")

    assert answer.code == 1
    assert "secrets of sis: secret env:NO_SUCH unavailable" in answer.out


def test_a_broken_file_is_told_and_stops_nobody(call: Call, folder: Path) -> None:
    (folder / "second.yaml").write_text("name: second\ntype: mock\nsede: 3\n")

    answer = call("provider", "list")

    assert answer.code == 1
    lincoln, second = answer.out.splitlines()[1:]
    assert lincoln.split()[:3] == ["lincoln", "mock", "stopped"]
    assert second.split()[:3] == ["second", "-", "invalid"]
    assert "line 3: unknown key 'sede'" in second
    (_, invalid) = json.loads(call("provider", "list", "--json").out)
    assert invalid["integration"] == {"id": "second", "status": "invalid"}
    assert invalid["problems"][0]["line"] == 3


@pytest.mark.parametrize("readonly", [(), ("--readonly",)])
def test_an_integration_whose_file_is_broken_is_invalid_and_not_unknown(
    call: Call, folder: Path, readonly: tuple[str, ...]
) -> None:
    call("provider", "list")
    (folder / "other.yaml").write_text("name: second\ntype: mock\nsede: 3\n")
    (folder / "third.yaml").write_text("name: [\n")

    for words in (
        ("provider", "show", "second"),
        ("config", "show", "second"),
        ("provider", "test", "second"),
        ("config", "effective", "second"),
    ):
        answer = call(*readonly, *words)
        assert answer.code == 2
        assert (
            "second: configuration invalid: other.yaml:3:1 sede: unknown key 'sede'" in answer.err
        )
    assert (
        "third: configuration invalid: third.yaml:"
        in call(*readonly, "provider", "show", "third").err
    )


def test_a_broken_file_is_told_only_where_it_is_asked_about(call: Call, folder: Path) -> None:
    call("provider", "list")
    (folder / "second.yaml").write_text("name: second\ntype: mock\nsede: 3\n")
    hint = "1 configuration file invalid (second.yaml). Details: integration-tui doctor\n"

    assert call("config", "history", "lincoln").err == ""
    assert call("audit", "list").err == ""
    assert hint in call("health").err

    (folder / "lincoln.yaml").write_text("name: lincoln\ntype: mock\nsede: 3\n")
    told = call("config", "history", "lincoln").err.splitlines()

    assert told[0].startswith(
        "lincoln.yaml is invalid; lincoln continues with version 1: lincoln.yaml:3:1 sede: unknown"
    )
    assert told[1:] == []


def test_a_file_with_keys_of_old_is_valid_and_told(call: Call, folder: Path) -> None:
    path = folder / "second.yaml"
    path.write_text("name: second\ntype: mock\nconflict_share: 0.5\n")

    checked, looked = call("config", "validate", str(path)), call("doctor")

    assert checked.code == 0
    assert f"{path}:3:1 conflict_share: has no effect" in checked.err
    assert "second version 1:3:1 conflict_share: has no effect" in looked.out


def test_versions_are_shown_compared_and_rolled_back(call: Call, folder: Path) -> None:
    assert call("config", "history", "lincoln").code == 0
    file = folder / "lincoln.yaml"
    file.write_text("name: lincoln\ntype: mock\ntitle: Abe\n")

    different = call("config", "diff", "lincoln", "1", "2")
    back = call("config", "rollback", "lincoln", "1", "--reason", "typing mistake")
    shown = call("config", "show", "lincoln")

    assert different.code == 1
    assert "+title: Abe" in different.out
    assert back.code == 0
    assert "title: Lincoln" in shown.out
    assert file.read_text() == shown.out


@pytest.mark.usefixtures("folder")
def test_the_audit_log_is_verified_and_exported(call: Call) -> None:
    call("provider", "stop", "lincoln")

    verification = call("audit", "verify", "--json")
    lines = call("audit", "export")
    sheet = call("audit", "export", "--format", "csv")

    assert isinstance(verification.json, dict)
    assert (verification.code, verification.json["first_broken"]) == (0, None)
    assert [json.loads(line)["seq"] for line in lines.out.splitlines()] == [1, 2, 3]
    assert len(sheet.out.splitlines()) == 5  # headers, and both exports are recorded


@pytest.mark.parametrize("name", ["=1+1", " =cmd()", "@SUM(A1)", "\uff1d1", "-2", "+3"])
@pytest.mark.usefixtures("folder")
def test_an_export_holds_no_formula(call: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("LOGNAME", name)

    rows = list(csv.reader(call("audit", "export", "--format", "csv").out.splitlines()))

    assert {row[-2] for row in rows[1:]} == {f"'{name}"}  # what the environment claims
    assert {row[7] for row in rows[1:]} == {""}  # what is empty stays so


@pytest.mark.usefixtures("folder")
def test_an_export_cannot_steer_the_terminal(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "\x1b]0;owned\x07\u202e")

    for format_ in ("csv", "jsonl"):
        out = call("audit", "export", "--format", format_).out

        assert "owned" in out
        assert not set(out) & set("\x1b\x07\u202e")


@pytest.mark.usefixtures("folder")
def test_whoever_may_only_look_is_refused(call: Call) -> None:
    call("health", "--once")

    answer = call("--readonly", "provider", "stop", "lincoln")

    assert answer.code == 2
    assert "--readonly" in answer.err


@pytest.mark.usefixtures("district")
def test_the_doctor_finds_what_is_wrong(call: Call) -> None:
    call("health", "--once")

    answer = call("doctor", "--json")

    assert answer.code == 1
    assert isinstance(answer.json, list)
    wrong = {value["subject"] for value in answer.json if not value["right"]}
    assert wrong == {"integration jefferson"}


def test_a_hostile_title_cannot_steer_the_terminal(call: Call, folder: Path) -> None:
    (folder / "evil.yaml").write_text('name: evil\ntype: mock\ntitle: "\\e]0;owned\\a[/x]"\n')

    shown = call("config", "show", "evil")
    listed = call("demo", "--once")

    assert shown.code == 0
    assert "\x1b" not in shown.out + listed.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("atlantis",), 2),
        (("provider", "show"), 2),
        (("config", "validate", "no-such-file.yaml"), 2),
        (("--store", "oracle://x", "provider", "list"), 1),
        (("demo", "--json"), 2),
    ],
)
def test_bad_usage_is_one_sentence(call: Call, words: tuple[str, ...], code: int) -> None:
    answer = call(*words)

    assert answer.code == code
    assert "Traceback" not in answer.err
    assert answer.err or answer.out


@pytest.mark.usefixtures("folder")
def test_an_export_takes_a_filter_and_a_file_that_it_does_not_replace(
    call: Call, tmp_path: Path
) -> None:
    file = tmp_path / "log.csv"
    call("provider", "stop", "lincoln")

    written = call(
        "audit", "export", "action=integration.stop", "--text", "lincoln", "--out", str(file)
    )
    again = call("audit", "export", "--out", str(file))
    too_long = call("audit", "export", "--out", str(tmp_path / ("x" * 300)))
    lines = call("audit", "export", "!action=audit.export").out.splitlines()

    assert (written.code, written.err.strip()) == (0, "1 entries")
    assert "too long" in too_long.err
    assert [row[4] for row in csv.reader(file.read_text().splitlines())] == [
        "action",
        "integration.stop",
    ]
    assert (file.stat().st_mode & 0o077, [path.name for path in tmp_path.glob("*log.csv*")]) == (
        0,
        ["log.csv"],
    )
    assert (again.code, "already exists" in again.err) == (2, True)
    assert {json.loads(line)["act"]["action"] for line in lines} == {
        "integration.register",
        "integration.stop",
    }


def test_a_mock_says_that_its_subscriptions_end_with_the_process(
    call: Call, folder: Path, tmp_path: Path
) -> None:
    remark = "lincoln: mock subscriptions are in memory"
    words = ("--url", "https://x.example/hook", "--secret-file", str(tmp_path / "key"))

    made = call("webhook", "subscribe", "lincoln", *words)
    listed = call("webhook", "list", "lincoln")

    assert made.code == 0
    assert remark in made.err
    assert remark in listed.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], 'Unknown command "frobnicate".\n'),
        (["helth"], 'Unknown command "helth". Did you mean "health"?'),
        (["undo", "3"], 'Unknown command "undo". Did you mean "sync undo"?'),
        (["sync", "aply"], 'Unknown command "aply". Did you mean "apply"?'),
    ],
)
def test_an_unknown_command_is_named_with_the_nearest(
    call: Call, words: list[str], says: str
) -> None:
    answer = call(*words)

    assert answer.code == 2
    assert says in answer.err


def test_a_removed_file_is_named_where_it_matters(call: Call, folder: Path) -> None:
    call("provider", "list")
    (folder / "lincoln.yaml").unlink()
    (folder / "grant.yaml").write_text("name: grant\ntype: mock\n")

    assert "1 configuration file removed (lincoln.yaml)" in call("provider", "list").err
    assert "1 configuration file removed (lincoln.yaml)" in call("health").err
    assert (
        "lincoln.yaml was removed; lincoln continues with version 1."
        in call("provider", "show", "lincoln").err
    )
    assert "lincoln.yaml" not in call("provider", "show", "grant").err


@pytest.mark.parametrize(
    "words",
    [
        ["provider", "test", "bad"],
        ["config", "history", "bad"],
        ["config", "effective", "bad"],
        ["sync", "plan", "bad"],
    ],
)
def test_an_invalid_configuration_is_never_an_unknown_integration(
    call: Call, folder: Path, words: list[str]
) -> None:
    (folder / "bad.yaml").write_text("name: bad\ntype: mock\nsede: 1\n")

    answer = call(*words)

    assert answer.code == 2
    assert answer.err.startswith("bad: configuration invalid: bad.yaml:3:1 sede: unknown")
    assert "bad.yaml" not in call("provider", "show", "lincoln").err


def test_a_valid_file_is_said_to_be_so_as_data(call: Call, folder: Path) -> None:
    answer = call("config", "validate", str(folder / "lincoln.yaml"))

    assert answer == Answer(0, "1 file checked, no problems\n", "")
