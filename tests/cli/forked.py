"""The program, called as often as is wanted: starting Python takes longer than most commands.

Each line on standard input is a list of calls, as JSON: `words`, and what the process is to have:
`env`, `cwd` (removed then), `in`, `out` and `err` (files, or null for a stream that is closed),
`stack` (bytes of each thread; too many, and there are no threads). A copy of this process makes
each call, and ends as any Python does. The answer is a line with their exit codes.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any

import alembic.command
import httpx

import integration_tui.bootstrap
import integration_tui.cli.main
import integration_tui.providers.http.transport
import integration_tui.providers.oneroster.connector
import integration_tui.providers.oneroster_csv.connector
from integration_tui.__main__ import main

IMPORTED = (
    alembic.command,
    httpx,
    integration_tui.bootstrap,
    integration_tui.cli.main,
    integration_tui.providers.http.transport,
    integration_tui.providers.oneroster.connector,
    integration_tui.providers.oneroster_csv.connector,
)


def stream(number: int, name: str | None) -> None:
    os.close(number)
    if name is not None:
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
        found = os.open(name, flags, 0o600)
        if found != number:  # a lower one is closed
            os.dup2(found, number)
            os.close(found)


def text(number: int, mode: str) -> IO[Any]:
    return open(number, mode, closefd=False)


def become(call: dict[str, Any]) -> None:
    """Be the process that makes this call, for a minute at most."""
    signal.alarm(60)
    names = call.get("in", os.devnull), call["out"], call["err"]
    for number, name in enumerate(names):
        stream(number, name)
    for number, attribute in enumerate(("stdin", "stdout", "stderr")):
        is_closed = names[number] is None
        setattr(sys, attribute, None if is_closed else text(number, "w" if number else "r"))
    os.environ.update(call["env"])
    if "cwd" in call:
        os.chdir(call["cwd"])
        Path(call["cwd"]).rmdir()
    if "stack" in call:
        threading.stack_size(call["stack"])
    sys.argv = ["integration-tui", *call["words"]]


def serve() -> bool:
    """Fork for each call; return whether this is the process that makes one."""
    for line in iter(sys.stdin.readline, ""):
        numbers: dict[int, int] = {}
        for number, call in enumerate(json.loads(line)):
            pid = os.fork()
            if not pid:
                become(call)
                return True
            numbers[pid] = number
        codes = [0] * len(numbers)
        while numbers:
            pid, status = os.wait()
            codes[numbers.pop(pid)] = os.waitstatus_to_exitcode(status)
        sys.stdout.write(f"{json.dumps(codes)}\n")
        sys.stdout.flush()
    return False


if serve():
    main()
