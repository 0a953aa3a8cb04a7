"""Settings come from where they should, and say so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from integration_tui.domain.config.version import Environment
from integration_tui.domain.errors import ConfigError
from integration_tui.settings import Settings, load_settings, origins, without_effect


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str = "", **variables: str) -> Settings:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return load_settings(environ=_environ(folder, variables))


def _environ(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    named = {f"INTEGRATION_{name}": value for name, value in variables.items()}
    return {"INTEGRATION_CONFIG_DIR": str(folder), "INTEGRATION_DATA_DIR": str(folder), **named}


def refusal(folder: Path, text: str = "", **variables: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, **variables)
    return [str(problem) for problem in caught.value.problems] or [str(caught.value)]


def test_defaults_are_those_of_the_seed_system(folder: Path) -> None:
    settings = load_settings(environ=_environ(folder, {}))

    assert settings.enabled_providers == ()
    assert settings.default_provider == "oneroster"
    assert settings.health_check_interval == 300_000
    assert settings.provider_timeout == 30_000
    assert settings.max_retries == 3
    assert settings.auto_reconnect is True
    assert settings.environment is Environment.PRODUCTION
    assert settings.retention_days == 30
    assert settings.integrations_dir == folder / "integrations"
    assert settings.store_url == f"sqlite:///{folder}/integration-tui.db"
    assert settings.log_path == folder / "integration-tui.log"
    assert set(origins(settings).values()) == {
        "default",
        "INTEGRATION_CONFIG_DIR",
        "INTEGRATION_DATA_DIR",
    }


def test_the_command_line_comes_before_variables_before_the_file(folder: Path) -> None:
    text = 'max_retries = 5\n\nstore = "a.db"\nlog_level = "debug"\nretention_days = 7\n'
    (folder / "settings.toml").write_text(text)
    environ = _environ(folder, {"STORE": "b.db", "LOG_LEVEL": "error"})

    settings = load_settings(environ=environ, store="sqlite:////c.db", config_dir=folder)

    assert settings.store_url == "sqlite:////c.db"
    assert settings.log_level == "error"
    assert (settings.max_retries, settings.retention_days) == (5, 7)
    told = origins(settings)
    assert told["store"] == "--store"
    assert told["config_dir"] == "--config-dir"
    assert told["log_level"] == "INTEGRATION_LOG_LEVEL"
    assert told["max_retries"] == "settings.toml:1"
    assert told["retention_days"] == "settings.toml:5"
    assert told["auto_reconnect"] == "default"


@pytest.mark.parametrize(
    ("text", "names"),
    [("mock, canvas", ("mock", "canvas")), ('["mock"]', ("mock",)), ("", ()), (" , ", ())],
)
def test_a_list_in_a_variable_is_names_or_json(
    folder: Path, text: str, names: tuple[str, ...]
) -> None:
    assert load(folder, ENABLED_PROVIDERS=text).enabled_providers == names


def test_flags_of_an_older_file_or_environment_stay_valid_and_are_told(folder: Path) -> None:
    settings = load(folder, "max_retries = 1\n[feature_flags]\nearly = true\n")

    assert settings.max_retries == 1
    assert without_effect(settings) == {"settings.toml:2": "there are no feature flags"}
    assert "feature_flags" not in origins(settings)
    assert [*without_effect(load(folder, FEATURE_FLAGS="early,-late"))] == [
        "INTEGRATION_FEATURE_FLAGS"
    ]
    (folder / "settings.toml").unlink(missing_ok=True)
    assert without_effect(load(folder)) == {}


def test_a_wrong_variable_is_named_with_what_was_found(folder: Path) -> None:
    assert refusal(folder, MAX_RETRIES="many", HEALTH_CHECK_INTERVAL="999", LOG_LEVEL="loud") == [
        "INTEGRATION_HEALTH_CHECK_INTERVAL: must be 1000 or more, found '999'",
        "INTEGRATION_MAX_RETRIES: must be a whole number, found 'many'",
        "INTEGRATION_LOG_LEVEL: must be 'debug', 'info', 'warning' or 'error', found 'loud'",
    ]


def test_a_wrong_line_is_named_with_what_was_found(folder: Path) -> None:
    text = '# mine\nmax_retrys = 1\nretention_days = "long"\nauto_reconnect = "perhaps"\n'

    assert refusal(folder, text) == [
        "settings.toml:2 max_retrys: unknown key; did you mean 'max_retries'?",
        "settings.toml:3 retention_days: must be a whole number, found 'long'",
        "settings.toml:4 auto_reconnect: must be true or false, found 'perhaps'",
    ]


def test_a_misspelled_variable_is_refused_but_somebodys_secret_is_not(folder: Path) -> None:
    assert refusal(folder, MAX_RETRY="1") == [
        "INTEGRATION_MAX_RETRY is not a setting; did you mean INTEGRATION_MAX_RETRIES?"
    ]
    assert load(folder, SIS_SECRET="x", STORE_KEY="y").max_retries == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "settings.toml is not valid TOML at"),
        ("a = 1\na = 2\nb = 3", "settings.toml is not valid TOML at line 2"),
        ("a = " + "[" * 5000, "settings.toml is not valid TOML"),
        ('config_dir = "x"', "config_dir cannot be set in this file"),
        ("sources = 1", "sources cannot be set in this file"),
        ("x" * (1 << 20 | 1), "is larger than 1 MiB"),
    ],
    ids=range(6),
)
def test_a_file_that_is_none_is_said_in_one_sentence(folder: Path, text: str, said: str) -> None:
    (sentence,) = refusal(folder, text)

    assert said in sentence


def test_a_file_that_cannot_be_read_is_said_in_one_sentence(folder: Path) -> None:
    (folder / "settings.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not a text file; save it as UTF-8"):
        load_settings(environ=_environ(folder, {}))

    (folder / "settings.toml").unlink()
    (folder / "settings.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read: is a directory"):
        load_settings(environ=_environ(folder, {}))


def test_the_stores_password_is_not_shown(folder: Path) -> None:
    settings = load(folder, STORE="postgresql://u:CANARY@h/db")

    assert settings.store_url == "postgresql://u:CANARY@h/db"
    assert "CANARY" not in f"{settings!r} {settings} {origins(settings)}"
    assert "CANARY" not in str(refusal(folder, '[store]\nurl = "CANARY"\n'))


def test_a_path_of_a_store_becomes_an_address(folder: Path) -> None:
    assert load(folder, STORE="/srv/a.db").store_url == "sqlite:////srv/a.db"
    assert load(folder, STORE="a.db").store_url == f"sqlite:///{Path.cwd()}/a.db"


def test_valid_settings_load_nothing_to_say_what_is_wrong() -> None:
    code = (
        "import sys, integration_tui.settings as s; s.load_settings(environ={});"
        "print([m for m in ('pydantic', 'sqlalchemy', 'textual', 'httpx',"
        " 'ruamel.yaml', 'asyncio') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
