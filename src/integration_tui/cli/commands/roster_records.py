"""`roster find, show, edit, pin`: the roster as it is held, record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, changed, fact, line, note, table
from integration_tui.cli.sync_output import command_line
from integration_tui.domain.ids import RecordId
from integration_tui.domain.roster import ROSTER, Collection

if TYPE_CHECKING:
    from integration_tui.domain.actor import Actor
    from integration_tui.domain.roster_view import RecordEvent, RecordFilter, RecordLine, RecordView
    from integration_tui.services import Services

_PAGE: Final = 500
_MOST_EVENTS: Final = 20
_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_number = click.IntRange(1, 2**63 - 1)
_collection = click.argument(
    "collection", type=click.Choice([collection.value for collection in ROSTER])
)
_id = click.argument("id_", metavar="ID", type=_number)


@click.command()
@_collection
@click.argument("search", required=False, default="")
@click.option(
    "--status", type=click.Choice(["active", "inactive"]), help="Only records with this status."
)
@click.option("--org", metavar="ID", type=_number, help="Only records of this org (local ID).")
@click.option(
    "--class", "class_", metavar="ID", type=_number, help="Only records of this class (local ID)."
)
@click.option("--user", metavar="ID", type=_number, help="Only records of this person (local ID).")
@click.option(
    "--conflict", "has_conflict", is_flag=True, help="Only records with an open conflict."
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@_json
@click.pass_obj
def find(  # noqa: PLR0913 - one for each option
    session: CliContext,
    *,
    collection: str,
    search: str,
    status: str | None,
    org: int | None,
    class_: int | None,
    user: int | None,
    has_conflict: bool,
    limit: int,
    json_: bool,
) -> int:
    """Find records by the start of a name, an email address or an identifier.

    Exit code 1 when there is none. --json is an export, which is recorded in the audit log.
    """
    from integration_tui.domain.roster_view import RecordFilter

    wanted = RecordFilter(
        collection=Collection(collection),
        search=search,
        status=status,
        org=_record_id(org),
        class_id=_record_id(class_),
        user_id=_record_id(user),
        has_conflict=has_conflict,
    )

    leaves_by = session.actor() if json_ else None
    found, count = session.look(
        lambda services: _found(services, wanted, limit=limit, leaves_by=leaves_by)
    )
    if json_:
        as_json({"count": count, "records": found})
    else:
        _print_lines(found)
    if count > len(found):
        note(f"{len(found):,} of {count:,} shown; --limit shows more.")
    return ExitCode.FINE if found else ExitCode.TROUBLE


async def _found(
    services: Services, wanted: RecordFilter, *, limit: int, leaves_by: Actor | None
) -> tuple[list[RecordLine], int]:
    """Return records, and how many there are in all. Where they leave as data, record it first."""
    if leaves_by is not None:
        detail = f"up to {limit:,} records as JSON"
        await services.records.begin_export(wanted.collection, actor=leaves_by, detail=detail)
    found: list[RecordLine] = []
    while len(found) < limit:
        after, most = found[-1].place if found else "", min(limit - len(found), _PAGE)
        page = await services.records.browse(wanted, after=after, limit=most)
        found += page
        if len(page) < most:
            return found, len(found)
    return found, await services.records.count(wanted)


def _record_id(number: int | None) -> RecordId | None:
    return None if number is None else RecordId(number)


def _print_lines(found: list[RecordLine]) -> None:
    names = list(dict.fromkeys(name for found_one in found for name in found_one.details))
    table(
        ("id", "name", "status", "origin", *names, ""),
        (
            (
                found_one.id,
                found_one.label,
                found_one.status,
                found_one.origin,
                *(found_one.details.get(name, "") for name in names),
                _signs(found_one),
            )
            for found_one in found
        ),
    )


def _signs(one: RecordLine) -> str:
    signs = (("pinned", one.is_pinned), ("conflict", one.has_conflict))
    return ", ".join(name for name, is_so in signs if is_so)


@click.command()
@_collection
@_id
@_json
@click.pass_obj
def show(session: CliContext, *, collection: str, id_: int, json_: bool) -> int:
    """Show a record by local ID: fields, IDs in systems, history.

    --json is an export, which is recorded in the audit log.
    """

    async def ask(services: Services) -> RecordView:
        view = await services.records.get(Collection(collection), RecordId(id_))
        if json_:
            name = f"{collection}/{id_}"
            await services.records.begin_export(name, actor=session.actor(), detail="as JSON")
        return view

    view = session.look(ask)
    if json_:
        as_json(view)
    else:
        _print(view)
    return ExitCode.FINE


def _print(view: RecordView) -> None:
    one = view.line
    line(f"{one.collection} {one.id}", one.label, one.status, _signs(one))
    for name, value in view.fields.items():
        named = view.references.get(name)
        fact(name, value, *([named.label] if named else []), width=20, indent=3)
    for system, fields in view.said.items():
        for name, said in fields.items():
            fact(f"{name} in {system}", said.value, width=0)
    table(
        ("system", "source id", "since", "how", "status"),
        (
            (
                m.integration_id,
                ", ".join((m.external_id, *m.aliases)),
                m.mapped_at,
                m.bond,
                "active" if m.is_listed else "missing",
            )
            for m in view.mappings
        ),
    )
    if view.created_run is not None:
        fact("created by", f"run {view.created_run}")
    if view.last_sync_at is not None:
        fact("last sync", view.last_sync_at, view.sync_status)
    for event in view.history[:_MOST_EVENTS]:
        line(event.at, event.by, event.action or event.change.kind, _what(event))


def _what(event: RecordEvent) -> str:
    change = event.change
    names = change.after if change.before else ()
    fields = ", ".join(
        f"{name}: {changed(change.before.get(name), change.after[name])}" for name in names
    )
    why = event.reason if event.action else change.note
    return " ".join(part for part in (fields, why) if part)


@click.command()
@_collection
@_id
@click.argument("field")
@click.argument("value")
@click.option("--reason", default="", help="Why. Kept in the audit log.")
@click.pass_obj
def edit(
    session: CliContext, *, collection: str, id_: int, field: str, value: str, reason: str
) -> int:
    """Change one field of a record, by local ID. Source systems are not changed.

    The value stays until the source changes the field. An empty VALUE clears it. Plans of systems
    with this record are planned again.
    """
    from integration_tui.domain.roster_view import ManualEdit

    actor = session.actor()
    wanted = ManualEdit(
        collection=Collection(collection),
        id=RecordId(id_),
        field=field,
        value=value or None,
        reason=reason,
    )
    session.ask(lambda services: services.records.edit(wanted, actor=actor))
    note(f"{collection} {id_}: {field} saved here only; source systems are not changed. Show it:")
    note(f"  {command_line(session, 'roster', 'show', collection, f'{id_}')}")
    return ExitCode.FINE


@click.command()
@_collection
@_id
@click.option("--off", is_flag=True, help="Allow deactivation again.")
@click.pass_obj
def pin(session: CliContext, *, collection: str, id_: int, off: bool) -> int:
    """Protect a record from deactivation (by local ID)."""
    actor = session.actor()
    session.ask(
        lambda services: services.records.pin(
            Collection(collection), RecordId(id_), pinned=not off, actor=actor
        )
    )
    note(f"{collection} {id_} {'no longer protected' if off else 'protected'} from deactivation.")
    return ExitCode.FINE
