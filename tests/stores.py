"""Empty stores, as the program makes them: made once a process."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from integration_tui.settings import Settings
from integration_tui.store.migrations import runner
from integration_tui.store.sqlite_file import prepare


@cache
def empty_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        prepare(path, read_only=False)
        runner.create(path)
        return path.read_bytes()


def lay_store(settings: Settings) -> None:
    """Put an empty store where the program looks for it, unless there is one."""
    path = Path(settings.store_url.removeprefix("sqlite:///"))
    if not path.exists():
        prepare(path, read_only=False)
        path.write_bytes(empty_store())
