"""What a user of the command line sees is what it was. Renew it with `pytest --snapshot-update`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path

import click
import pytest

from integration_tui.cli.main import cli
from tests.golden.masking import Json, mask, mask_text
from tests.golden.program import Ended, Program, program_in
from tests.golden.steps import STORY, Call, Edit, Move

HERE = Path(__file__).parent
PLATFORM = "timeback_beyond_ai"
SYSTEM = "sandbox-timeback-beyond-ai"
HOOK = "https://roster.school.example/hooks"
pytestmark = pytest.mark.timeout(120)


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, *path, name)
        else:
            yield (*path, name), found


def test_the_help_of_every_command(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with program_in(tmp_path) as program:
        found = {path: program.call(*path, "--help") for path, _ in commands(cli)}

    assert {(ended.code, ended.err) for ended in found.values()} == {(0, "")}
    texts = {"-".join(path) or "integration-tui": ended.out for path, ended in found.items()}
    compare(HERE / "help", ".txt", texts, is_renewed=request.config.option.update_snapshots)


def test_the_output_of_every_command_with_json(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with program_in(tmp_path) as program:
        texts = {**story(program), **webhooks(program)}

    compare(HERE / "json", ".json", texts, is_renewed=request.config.option.update_snapshots)


def test_every_command_with_json_is_in_the_story() -> None:
    called = [step.words for step in STORY if isinstance(step, Call)]
    called += ["sandbox --json", "webhook list --json"]
    missing = {
        " ".join(path)
        for path, command in commands(cli)
        if any("--json" in parameter.opts for parameter in command.params)
        and not any(words.startswith(" ".join(path)) and "--json" in words for words in called)
    }

    assert not missing


def story(program: Program) -> dict[str, str]:
    """Play all steps; return what is to be in each golden file."""
    texts: dict[str, str] = {}
    plan = ""
    for step in STORY:
        if isinstance(step, Edit):
            program.edit(step.path, step.old, step.new)
        elif isinstance(step, Move):
            (program.folder / step.old).rename(program.folder / step.new)
        else:
            words = step.words.replace("FOLDER", f"{program.folder}").replace("PLAN", plan)
            ended = program.call(*words.split())
            shown = re.search(r'"plan_hash": "(\w+)"', ended.out)
            plan = shown[1] if shown else plan
            texts[step.name] = golden(step.words, ended, program.folder)
    return texts


def webhooks(program: Program) -> dict[str, str]:
    """Have the sandbox serve a platform that has webhooks, and subscribe to it."""
    folder = program.folder
    words = ("sandbox", "--port", "0", "--json", "--dialect", PLATFORM)
    documents = f"{folder / 'config' / 'integrations'}"
    with subprocess.Popen(
        [sys.executable, "-m", "integration_tui", *words, "--config-out", documents],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as served:
        try:
            assert served.stdout
            line = served.stdout.readline()
            texts = subscribed(program, json.loads(line)["secret"])
        finally:
            served.terminate()
            _, err = served.communicate()
    ended = Ended(served.returncode, line, err)
    return {**texts, "sandbox": golden(" ".join(words), ended, folder)}


def subscribed(program: Program, secret: Mapping[str, str]) -> dict[str, str]:
    program.patch.setenv(secret["name"], secret["value"])
    program.patch.setenv("HOOK_SECRET", "a secret that is long enough to sign with")
    named = f"{SYSTEM} --url {HOOK} --event ActivityEvent --secret env:HOOK_SECRET"
    calls = {
        "webhook-subscribe": f"webhook subscribe {named}",
        "webhook-list": f"webhook list {SYSTEM} --json",
        "webhook-list-all": "webhook list --json",
        "webhook-unsubscribe": f"webhook unsubscribe {SYSTEM} hook-1",
    }
    return {
        name: golden(call, program.call(*call.split()), program.folder)
        for name, call in calls.items()
    }


def golden(words: str, ended: Ended, folder: Path) -> str:
    """Return the text of a golden file: what was called, and how it ended."""
    content = {
        "call": f"integration-tui {words}",
        "exit": ended.code,
        "out": masked(ended.out, folder),
        "err": mask_text(ended.err, folder).splitlines(),
    }
    return f"{json.dumps(content, indent=2)}\n"


def masked(text: str, folder: Path) -> Json:
    """Return a document, or else lines, of which each may be a document."""
    try:
        return mask(json.loads(text), folder)
    except ValueError:
        lines = text.splitlines()
    if len(lines) > 1 and all(line.startswith("{") for line in lines):
        return [masked(line, folder) for line in lines]
    return [mask_text(line, folder) for line in lines]


def compare(folder: Path, suffix: str, texts: Mapping[str, str], *, is_renewed: bool) -> None:
    """Fail with what differs from the golden files, or make them anew."""
    if is_renewed:
        renew(folder, suffix, texts)
    kept = {file.stem: file.read_text() for file in folder.glob(f"*{suffix}")}
    diff = [
        line
        for name in sorted(kept.keys() | texts.keys())
        for line in unified_diff(
            kept.get(name, "").splitlines(),
            texts.get(name, "").splitlines(),
            f"golden/{folder.name}/{name}{suffix}",
            "now",
            lineterm="",
        )
    ]
    if diff:
        pytest.fail("\n".join(diff), pytrace=False)


def renew(folder: Path, suffix: str, texts: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for file in folder.glob(f"*{suffix}"):
        file.unlink()
    for name, text in texts.items():
        (folder / f"{name}{suffix}").write_text(text)
