"""`doctor --bundle` and `config effective` as their users call them."""

import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from integration_tui.__main__ import check_home, show_console
from integration_tui.cli.main import run

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    folder.mkdir(parents=True)
    (folder / "lincoln.yaml").write_text(
        "name: lincoln\ntype: mock\nenvironments: {production: {title: Lincoln}}\n"
    )

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["integration-tui", *words])
        code = run(show_console, check_home)
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_a_bundle_lists_what_is_in_it_and_goes_into_a_folder(call: Call, tmp_path: Path) -> None:
    code, out, err = call("doctor", "--bundle", str(tmp_path))

    (path,) = tmp_path.glob("integration-tui-support-*.zip")
    with zipfile.ZipFile(path) as archive:
        assert [line.split()[0] for line in out.splitlines()] == archive.namelist()
    assert code == 0
    assert str(path) in err
    assert call("doctor", "--bundle", str(path))[0] == 2
    assert call("--readonly", "doctor", "--bundle", str(tmp_path / "x.zip"))[0] == 2


def test_effective_says_where_each_value_comes_from(call: Call) -> None:
    code, out, _ = call("config", "effective", "lincoln")
    _, as_json, _ = call("config", "effective", "lincoln", "--json")

    found = {load["path"]: load for load in json.loads(as_json)}
    assert code == 0
    assert out.splitlines()[0].split() == ["KEY", "VALUE", "FROM"]
    assert found["title"]["origin"] == "lincoln.yaml:3, environments.production"
    assert found["enabled"]["origin"] == "default"
    assert call("config", "effective", "atlantis")[0] == 2


def test_doctor_says_where_the_trusted_authorities_are_not(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")

    code, out, _ = call("doctor")

    assert code == 1
    assert "SSL_CERT_FILE names /nowhere.pem, which does not exist" in out
    assert "SSL_CERT_DIR names /nowhere, which does not exist" in out
    assert "Fix: correct SSL_CERT_FILE, or unset it" in out


def test_doctor_names_broken_themes_and_keys(call: Call, environ: dict[str, str]) -> None:
    home = Path(environ["INTEGRATION_CONFIG_DIR"])
    (home / "themes").mkdir()
    (home / "themes" / "mine.toml").write_text('primary = "#123456"\n')
    (home / "themes" / "odd.toml").write_text('primry = "#123456"\n')
    (home / "keymap.toml").write_text('[list]\ndown = "?"\nupp = "x"\n')

    code, out, err = call("doctor")

    assert code == 1
    assert "failed  theme odd: theme odd.toml: primry" in out
    assert 'failed  keymap: keymap.toml line 2: "?" is already Help.' in out
    assert "failed  keymap: keymap.toml line 3: unknown name list.upp." in out
    assert any(line.startswith("ok") and "theme mine" in line for line in out.splitlines())
    assert re.search(r"^3 of \d+ checks failed$", err, re.MULTILINE)


def test_doctor_prints_each_finding_once(call: Call, environ: dict[str, str]) -> None:
    folder = Path(environ["INTEGRATION_CONFIG_DIR"]) / "integrations"
    (folder / "broken.yaml").write_text("name: broken\ntype: mock\nsede: 1\n")
    (folder / "washington.yaml").write_text("name: washington\ntype: mock\n")
    call("provider", "list")
    (folder / "washington.yaml").unlink()

    code, out, err = call("doctor")

    assert code == 1
    assert (out + err).count("broken.yaml:3:1 sede") == 1
    assert (out + err).count("washington.yaml was removed; washington continues") == 1
    assert "Fix: restore the file, or remove the integration: integration-tui provider" in out


def test_doctor_calls_nothing_ok_that_is_absent(call: Call) -> None:
    code, out, err = call("doctor")
    _, text, _ = call("doctor", "--json")

    results = {line.split("  ")[0] for line in out.splitlines() if "(not found)" in line}
    assert code == 0
    assert results == {"-"}
    assert re.fullmatch(r"All \d+ checks passed\n", err)
    assert {tuple(check) for check in json.loads(text)} == {
        ("subject", "right", "detail", "advice")
    }
