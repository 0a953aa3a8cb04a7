"""`mapping`: the same thing in many systems: our ids and theirs, and who is the same as whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from integration_tui.cli.context import CliContext
from integration_tui.cli.output import ExitCode, as_json, line, note, table
from integration_tui.cli.sync_output import command_line
from integration_tui.domain.errors import NotFoundError, UsageError
from integration_tui.domain.ids import IntegrationId, RecordId
from integration_tui.domain.roster import ROSTER, Collection

if TYPE_CHECKING:
    from integration_tui.domain.sync.mapping import ExternalMapping, Match
    from integration_tui.services import Services

_ALL: Final = 1_000_000
_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")
_reason = click.option("--reason", default="", help="Why. Kept in the audit log.")
_name = click.argument("name", type=IntegrationId)
_collection = click.argument(
    "collection", type=click.Choice([collection.value for collection in ROSTER])
)
_external = click.argument("external_id", metavar="EXTERNAL_ID")
_number = click.IntRange(1, 2**63 - 1)


@click.group()
def mapping() -> None:
    """Show the IDs of a record in each system; merge and split records."""


@mapping.command()
@_collection
@click.argument("id_", metavar="ID", type=_number)
@_json
@click.pass_obj
def of(session: CliContext, *, collection: str, id_: int, json_: bool) -> int:
    """List the IDs of a record in every system, by local ID. Exit code 1 when there are none."""
    found = session.look(
        lambda services: services.mappings.of(Collection(collection), RecordId(id_))
    )
    if json_:
        as_json(found)
    else:
        headers = ("system", "source id", "since", "how", "listed", "missing since")
        table(headers, map(_row, found))
    return ExitCode.FINE if found else ExitCode.TROUBLE


def _row(one: ExternalMapping) -> tuple[object, ...]:
    listed = "yes" if one.is_listed else "no"
    since = f"{one.missing_since:%Y-%m-%d} ({one.missed} sweeps)" if one.missing_since else ""
    ids = ", ".join((one.external_id, *one.aliases))
    return one.integration_id, ids, one.mapped_at, one.bond, listed, since


@mapping.command()
@_name
@_collection
@_external
@click.pass_obj
def find(session: CliContext, *, name: IntegrationId, collection: str, external_id: str) -> int:
    """Print the local ID of a record by its source ID. Exit code 1 when it is unknown."""

    async def ask(services: Services) -> RecordId | None:
        await services.integrations.get(name)
        return await services.mappings.find(name, Collection(collection), external_id)

    found = session.look(ask)
    if found is None:
        note(f"{name} has no {collection} with this ID.")
        return ExitCode.TROUBLE
    line(found)
    return ExitCode.FINE


@mapping.command()
@click.argument("name", type=IntegrationId, required=False)
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@_json
@click.pass_obj
def review(session: CliContext, *, name: IntegrationId | None, limit: int, json_: bool) -> int:
    """List records that may be duplicates, likeliest first. Exit code 1 when there are any."""

    async def ask(services: Services) -> list[Match]:
        if name is not None:
            await services.integrations.get(name)
        if json_:
            detail = f"of {name} as JSON" if name else "as JSON"
            await services.records.begin_export("matches", actor=session.actor(), detail=detail)
        return await services.mappings.matches(name, limit=limit)

    found = session.look(ask)
    if json_:
        as_json(found)
    else:
        headers = ("system", "record", "called", "may be", "called", "by", "alike")
        table(headers, map(_match_row, found))
    if found:
        one = found[0]
        words = (one.integration_id, one.collection.value, one.external_id)
        note("Decide each pair with --same or --apart:")
        note(f"  {command_line(session, 'mapping', 'decide', *words, '--same')}")
    return ExitCode.TROUBLE if found else ExitCode.FINE


def _match_row(one: Match) -> tuple[object, ...]:
    theirs = f"{one.collection} {one.external_id}"
    other = (one.candidate_id, one.candidate_label)
    return one.integration_id, theirs, one.label, *other, one.rule, f"{one.score} %"


@mapping.command()
@_name
@_collection
@_external
@click.argument("candidate", metavar="[LOCAL_ID]", type=_number, required=False)
@click.option(
    "--same/--apart", "is_same", default=None, help="The same record, or two different ones."
)
@click.pass_obj
def decide(
    session: CliContext,
    *,
    name: IntegrationId,
    collection: str,
    external_id: str,
    candidate: int | None,
    is_same: bool | None,
) -> int:
    """Decide whether two records are the same. LOCAL_ID: needed if several match."""
    if is_same is None:
        raise click.UsageError("use --same or --apart")
    actor = session.actor()

    async def ask(services: Services) -> Match:
        open_ones = await services.mappings.matches(name, limit=_ALL)
        found = [
            match
            for match in open_ones
            if match.collection == collection
            and match.external_id == external_id
            and candidate in {None, match.candidate_id}
        ]
        match = _the_only(found, external_id)
        await services.mappings.decide(match, same=is_same, actor=actor)
        return match

    match = session.ask(ask)
    decision = "the same record as" if is_same else "a different record from"
    note(f"{external_id} of {name} is {decision} {collection} {match.candidate_id}")
    return ExitCode.FINE


def _the_only(found: list[Match], external_id: str) -> Match:
    if not found:
        raise NotFoundError(
            f"no open match for {external_id}", advice="mapping review lists what is open"
        )
    if len(found) > 1:
        ids = ", ".join(f"{found_one.candidate_id}" for found_one in found)
        raise UsageError(f"{external_id} may be one of {ids}", advice="name one of them behind it")
    return found[0]


@mapping.command()
@_collection
@click.argument("keep", type=_number)
@click.argument("duplicate", type=_number)
@_reason
@click.pass_obj
def merge(session: CliContext, *, collection: str, keep: int, duplicate: int, reason: str) -> int:
    """Merge two records by local ID: KEEP takes over all references to DUPLICATE."""
    actor = session.actor()
    session.ask(
        lambda services: services.mappings.merge(
            Collection(collection), RecordId(keep), RecordId(duplicate), actor=actor, reason=reason
        )
    )
    note(f"Merged {collection} {duplicate} into {keep}.")
    return ExitCode.FINE


@mapping.command()
@_collection
@click.argument("id_", metavar="ID", type=_number)
@_name
@click.option(
    "--id", "external_id", default="", help="Which ID, if NAME has several for one person."
)
@_reason
@click.pass_obj
def split(
    session: CliContext,
    *,
    collection: str,
    id_: int,
    name: IntegrationId,
    external_id: str,
    reason: str,
) -> int:
    """Split the data from system NAME into a separate record. Prints its id."""
    actor = session.actor()
    made = session.ask(
        lambda services: services.mappings.split(
            Collection(collection),
            RecordId(id_),
            name,
            actor=actor,
            reason=reason,
            external_id=external_id,
        )
    )
    line(made)
    note(f"Split the data of {name} from {collection} {id_} into {collection} {made}.")
    return ExitCode.FINE


@mapping.command()
@_name
@_collection
@click.argument("old")
@click.argument("new")
@_reason
@click.pass_obj
def relink(
    session: CliContext, *, name: IntegrationId, collection: str, old: str, new: str, reason: str
) -> int:
    """Give a record the new source ID NEW instead of OLD. The record stays the same."""
    actor = session.actor()
    session.ask(
        lambda services: services.mappings.relink(
            name, Collection(collection), (old, new), actor=actor, reason=reason
        )
    )
    note(f"{name}: {old} is now {new}.")
    return ExitCode.FINE
