"""A line for a secret: it shows dots, and gives nothing to the clipboard."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from integration_tui.tui.keymap import LINE


class SecretInput(Input):
    """A private key of many lines may be pasted: all of it is taken."""

    BINDINGS = LINE
    DEFAULT_CSS = """
    SecretInput { background: $panel; border: none; padding: 0 1; height: 1;
        &:focus { border: none; background: $cursor; }
    }
    """

    def __init__(self, *, placeholder: str, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(placeholder=placeholder, password=True, id=id)

    def forget(self) -> None:
        """Hold nothing any more."""
        self.set_reactive(Input.value, "")

    def on_unmount(self) -> None:
        self.forget()

    def action_copy(self) -> None:
        """Give nothing away."""

    def action_cut(self) -> None:
        self.delete_selection()

    def _on_paste(self, event: events.Paste) -> None:
        # The one of `Input` takes the first line alone.
        event.prevent_default()
        event.stop()
        text = event.text.rstrip("\r\n").replace("\r\n", "\n").replace("\r", "\n")
        self.replace(text, *sorted(self.selection))
