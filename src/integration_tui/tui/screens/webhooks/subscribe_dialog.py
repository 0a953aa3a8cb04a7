"""What a subscription needs to be known: which system, where to, about what, which secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.app import ComposeResult
from textual.widgets import Input

from integration_tui.domain.errors import UsageError
from integration_tui.domain.ids import IntegrationId
from integration_tui.domain.secret import SecretRef
from integration_tui.domain.webhook import WebhookSystem
from integration_tui.tui.sanitize import plain
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput

_FIELDS = ("system", "url", "events", "secret")
_TEXT = (
    "Deliveries go to the address; this program does not receive them."
    " The secret is never shown: it is read from env:NAME, or written to a new file."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionForm:
    """What somebody asked for."""

    integration_id: IntegrationId
    url: str
    event_types: tuple[str, ...]
    keep: SecretRef | Path


class SubscribeDialog(Dialog):
    """`wish` holds what was typed, after yes."""

    DEFAULT_CSS = """
    SubscribeDialog { & Input, & Input:focus { height: 1; border: none; padding: 0 1; }
        & Input { background: $panel; }
        & Input:focus { background: $primary 30%; }
    }
    """
    AUTO_FOCUS = "#url"
    yes = "Subscribe"

    def __init__(self, systems: Mapping[str, WebhookSystem], *, selected: str) -> None:
        super().__init__("New webhook subscription", _TEXT)
        self._systems = systems
        self._selected = selected
        self.wish: SubscriptionForm | None = None

    def more(self) -> ComposeResult:
        yield SafeInput(value=plain(self._selected), placeholder="which integration", id="system")
        yield SafeInput(placeholder="where to: https://…", id="url")
        yield SafeInput(
            placeholder="which events, with spaces between; all where empty", id="events"
        )
        yield SafeInput(placeholder="env:NAME of our secret, or /path/of/a/new/file", id="secret")

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
            self.notify(plain(error), severity="warning", markup=False)
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
            raise self._wrong("system", f"write one of {', '.join(self._systems)}")
        return system.integration_id

    def _url(self) -> str:
        url = self._typed("url")
        if not url.startswith(("https://", "http://")):
            raise self._wrong("url", "write the whole address, such as https://hooks.example.org/x")
        return url

    def _keep(self) -> SecretRef | Path:
        text = self._typed("secret")
        try:
            return SecretRef.parse(text)
        except ValueError:
            path = Path(text).expanduser()
        if not path.is_absolute():  # what is neither may be the secret itself: not repeated
            raise self._wrong("secret", "write env:NAME, or the path of a new file from / on")
        return path

    def _typed(self, field: str) -> str:
        return self.query_one(f"#{field}", SafeInput).value.strip()

    def _wrong(self, field: str, sentence: str) -> UsageError:
        self.query_one(f"#{field}").focus()
        return UsageError(sentence)
