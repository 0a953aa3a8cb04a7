"""What a subscription needs to be known: which system, where to, about what, which secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.webhook import WebhookSystem
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput, field_input, field_label
from integration_tui.tui.widgets.roles import line
from integration_tui.tui.widgets.static_text import StaticLines

_FIELDS = ("system", "url", "events", "secret")
_TEXT = (
    "The system sends events to the target URL; this program does not receive them."
    " The secret is never shown."
)


class SubscriptionForm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody asked for."""

    integration_id: IntegrationId
    url: str
    event_types: tuple[str, ...]
    keep: SecretRef | Path


class SubscribeDialog(Dialog):
    """`wish` holds what was typed, after yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "app.focus_next", "Next field", id="subscribe.next"),
    ]
    DEFAULT_CSS = "SubscribeDialog.-low .label { margin-top: 0; }"
    AUTO_FOCUS = "#url"
    yes = "Create"

    def __init__(self, systems: Mapping[str, WebhookSystem], *, selected: str) -> None:
        super().__init__("Create a webhook?", _TEXT)
        self._systems = systems
        self._selected = selected
        self.wish: SubscriptionForm | None = None

    def more(self) -> ComposeResult:
        yield field_label("Integration")
        yield field_input(self._selected, id="system")
        yield field_label("Target URL", "https://…")
        yield field_input(id="url")
        yield field_label("Events", "separated with spaces; empty for all")
        yield field_input(id="events")
        yield field_label("Secret", "env:NAME to read it, or /path/of/a/new/file to write it")
        yield field_input(id="secret")
        yield StaticLines(id="says")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from field to field, and from the last one to yes."""
        place = _FIELDS.index(event.input.id or "")
        if place + 1 < len(_FIELDS):
            self.query_one(f"#{_FIELDS[place + 1]}").focus()
        else:
            self.accept()

    def accept(self) -> None:
        try:
            self.wish = self._read()
        except UsageError as error:
            self.query_one("#says", StaticLines).show(line((f"✗ {error}", "bad")))
        else:
            self.dismiss(True)

    def _read(self) -> SubscriptionForm:
        return SubscriptionForm(
            integration_id=self._system(),
            url=self._url(),
            event_types=tuple(self._typed("events").replace(",", " ").split()),
            keep=self._keep(),
        )

    def _system(self) -> IntegrationId:
        system = self._systems.get(self._typed("system"))
        if system is None:
            raise self._wrong("system", f"Integration: use one of {', '.join(self._systems)}")
        return system.integration_id

    def _url(self) -> str:
        url = self._typed("url")
        if not url.startswith(("https://", "http://")):
            raise self._wrong(
                "url", "Target URL: use a whole address, such as https://hooks.example.org/x"
            )
        return url

    def _keep(self) -> SecretRef | Path:
        text = self._typed("secret")
        try:
            return SecretRef.parse(text)
        except ValueError:
            path = Path(text).expanduser()
        if not path.is_absolute():  # what is neither may be the secret itself: not repeated
            raise self._wrong("secret", "Secret: use env:NAME, or the path of a new file from / on")
        return path

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", SafeInput).value.strip()

    def _wrong(self, field: str, sentence: str) -> UsageError:
        self.query_one(f"#{field}").focus()
        return UsageError(sentence)
