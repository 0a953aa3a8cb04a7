"""What can be done with a record, from its card and from the window of all its fields."""

# Textual leaves the types of its App, Worker and Signal open.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from integration_tui.domain.errors import ConsoleError
from integration_tui.domain.roster_view import ManualEdit, RecordCard, RecordLine
from integration_tui.domain.roster_words import NOUNS, value_words
from integration_tui.domain.roster_words import field_label as label_of
from integration_tui.domain.sync.merge import STATUS, Side
from integration_tui.domain.sync.plan import Value
from integration_tui.tui.screens.context import ScreenContext
from integration_tui.tui.screens.roster.card import otherwise
from integration_tui.tui.screens.roster.rows import title_of
from integration_tui.tui.widgets.dialogs import Dialog, SafeInput, field_input, field_label

_LISTS: Final = frozenset({"grades", "subjects", "subject_codes", "periods"})
"""Typed with commas between, and stored as a list."""
_NOT_HERE: Final = frozenset(
    {"agents", "terms", "roles", "user_ids", "grades_as_sent"}
    | {"parent", "org", "school", "course", "primary_org", "user", "class_"}
)
"""What is changed in the source system alone: what leads to other records."""


class EditDialog(Dialog):
    """`value` and `reason` hold what was typed, after yes."""

    AUTO_FOCUS = "#value"
    yes = "Save"

    def __init__(self, title: str, *, value: str, in_source: str) -> None:
        source = f"Value in source: {in_source}\n" if in_source else ""
        super().__init__(title, f"{source}Saved here only. Source systems are not changed.")
        self.value = value
        self.reason = ""

    def more(self) -> ComposeResult:
        yield field_label("Value", "empty clears the field")
        yield field_input(self.value, id="value", hint="empty")
        yield field_label("Reason", "kept in the audit log")
        yield field_input(id="why")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go from the value to the reason, and from there to yes."""
        if event.input.id == "value":
            self.query_one("#why").focus()
        else:
            self.accept()

    def accept(self) -> None:
        self.value = self.query_one("#value", SafeInput).value.strip()
        self.reason = self.query_one("#why", SafeInput).value.strip()
        if self.reason:
            self.dismiss(True)
        else:
            self.query_one("#why").focus()
            self.notify("Enter a reason. It is kept in the audit log.", severity="warning")


class RecordActions(msgspec.Struct, frozen=True):
    """Acts on one record for a screen or a window. What toasts say holds no value of a record."""

    screen: Widget
    shared: ScreenContext

    @contextmanager
    def showing_errors(self) -> Generator[None]:
        """Turn an error of ours into a sentence."""
        try:
            yield
        except ConsoleError as error:
            self.shared.show_toast(self.screen, f"{error}", is_bad=True)

    def notify_about(self, sentence: str) -> None:
        self.shared.show_toast(self.screen, sentence)

    async def edit(self, card: RecordCard, name: str) -> None:
        """Ask for the value of a field and the reason, and save them."""
        if why := not_editable(card, name):
            self.notify_about(why)
            return
        held = card.view.fields.get(name)
        dialog = EditDialog(
            f"{label_of(name)} of {title_of(card.view.line)}",
            value=as_typed(name, held),
            in_source=source_text(card, name),
        )
        if not await self.screen.app.push_screen_wait(dialog):
            return
        edit = ManualEdit(
            collection=card.view.line.collection,
            id=card.view.line.id,
            field=name,
            value=as_stored(name, dialog.value, held),
            reason=dialog.reason,
        )
        with self.showing_errors():
            await self.shared.services.records.edit(edit, actor=self.shared.actor)
            self.notify_about(f"{label_of(name)} saved. Source systems are not changed.")

    async def choose_field(self, card: RecordCard) -> str | None:
        """Ask which field is to be edited."""
        from integration_tui.tui.widgets.select_list import ChoiceDialog, SelectOption

        options = [
            SelectOption(value=name, label=label_of(name), note=as_typed(name, value))
            for name, value in _editable(card).items()
        ]
        return await self.screen.app.push_screen_wait(ChoiceDialog("Edit which field?", options))

    async def pin(self, record: RecordLine) -> None:
        """Protect a record from deactivation, or end that."""
        with self.showing_errors():
            await self.shared.services.records.pin(
                record.collection, record.id, pinned=not record.is_pinned, actor=self.shared.actor
            )
            noun = NOUNS[record.collection]
            self.notify_about(
                f"Unpinned. Syncs may deactivate this {noun}."
                if record.is_pinned
                else f"Pinned. No sync deactivates this {noun}."
            )

    async def settle(self, card: RecordCard, side: Side) -> None:
        """Decide the first open conflict of a record."""
        if not card.conflicts:
            self.notify_about(f"No conflict is open for this {NOUNS[card.view.line.collection]}.")
            return
        conflict = card.conflicts[0]
        with self.showing_errors():
            await self.shared.services.conflicts.settle(
                [conflict.id], side, actor=self.shared.actor
            )
            done = "Kept local value" if side is Side.OURS else "Took source value"
            left = len(card.conflicts) - 1
            more = f" {left} more open." if left else ""
            self.notify_about(f"{done} of {label_of(conflict.field).lower()}.{more}")


def _editable(card: RecordCard) -> Mapping[str, Value]:
    fields = {STATUS: card.view.line.status, **card.view.fields}
    return {name: value for name, value in fields.items() if not not_editable(card, name)}


def not_editable(card: RecordCard, name: str) -> str:
    """Say why a field is not edited here; nothing where it is."""
    if name in card.view.references or name in _NOT_HERE:
        return f"{label_of(name)} is changed in the source system."
    return ""


def source_text(card: RecordCard, name: str) -> str:
    """Return what sources hold of a field where something else is held here."""
    found = [(system, value) for field, system, value in otherwise(card) if field == name] + [
        (conflict.integration_id, conflict.theirs)
        for conflict in card.conflicts
        if conflict.field == name
    ]
    return ", ".join(
        f"{system}: {value_words(name, value, card.orgs) or 'nothing'}" for system, value in found
    )


def as_typed(name: str, value: Value) -> str:
    """Return a value as somebody types it; lists of words with commas between."""
    if value is None:
        return ""
    if name in _LISTS and isinstance(value, str):
        try:
            return ", ".join(msgspec.json.decode(value, type=tuple[str, ...]))
        except (msgspec.DecodeError, UnicodeEncodeError):
            return value
    return f"{value}"


def as_stored(name: str, typed: str, held: Value) -> Value:
    """Return what was typed as the kind of value that is held; nothing is `None`."""
    if not typed:
        return None
    if name in _LISTS and not typed.startswith("["):
        parts = [part.strip() for part in typed.split(",")]
        return msgspec.json.encode([part for part in parts if part]).decode()
    return int(typed) if isinstance(held, int) and typed.isdecimal() else typed
