"""People, classes and enrollments.

The tables as they were in schema 2: this file does not change when they do.
"""

from __future__ import annotations

from functools import partial

from alembic import op
from sqlalchemy import MetaData, Table
from sqlalchemy.schema import SchemaItem

from integration_tui.store.schema import columns
from integration_tui.store.schema.columns import (
    NAMES,
    belongs_to,
    day,
    index,
    json,
    key,
    maybe_at,
    maybe_day,
    maybe_words,
    maybe_yes_no,
    one_of,
    unique,
    whole,
    words,
    yes_no,
)

revision = "0002"
down_revision = "0001"

metadata = MetaData(naming_convention=NAMES)
table = partial(columns.table, metadata)


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)


def roster(name: str, *items: SchemaItem) -> Table:
    """A collection of roster records, as one external system knows them.

    `external_system_id` names an integration without referring to its row: removing an
    integration must not delete people and classes.
    """
    return table(
        name,
        words("id"),
        words("external_id"),
        words("external_system_id"),
        words("sync_status"),
        maybe_at("last_sync_at"),
        whole("sync_version", "0"),
        json("sync_metadata", "{}"),
        *items,
        key("id"),
        unique("external_system_id", "external_id"),
        one_of("sync_status", ("pending", "syncing", "synced", "conflict", "error", "skipped")),
        index("sync_status"),
    )


organizations = roster(
    "organizations",
    words("name"),
    words("type"),
    maybe_words("identifier"),
    maybe_words("parent_id"),
    maybe_words("timeback_id"),
    belongs_to("organizations", "parent_id"),
    index("parent_id"),
    index("timeback_id"),
)

academic_sessions = roster(
    "academic_sessions",
    words("title"),
    words("type"),
    day("starts_on"),
    day("ends_on"),
    maybe_words("school_year"),
    maybe_words("parent_id"),
    belongs_to("academic_sessions", "parent_id"),
    index("parent_id"),
)

courses = roster(
    "courses",
    words("title"),
    maybe_words("course_code"),
    maybe_words("organization_id"),
    json("grades", "[]"),
    belongs_to("organizations", "organization_id"),
    index("organization_id"),
)

users = roster(
    "users",
    words("given_name"),
    words("family_name"),
    maybe_words("username"),
    maybe_words("email"),
    maybe_words("identifier"),
    yes_no("enabled"),
    json("roles", "[]"),
    json("grades", "[]"),
    maybe_words("organization_id"),
    maybe_words("timeback_id"),
    belongs_to("organizations", "organization_id"),
    index("organization_id"),
    index("timeback_id"),
)

classes = roster(
    "classes",
    words("title"),
    maybe_words("course_id"),
    words("organization_id"),
    json("terms", "[]"),
    maybe_words("class_code"),
    words("class_type"),
    json("grades", "[]"),
    maybe_words("timeback_id"),
    belongs_to("courses", "course_id"),
    belongs_to("organizations", "organization_id"),
    index("course_id"),
    index("organization_id"),
    index("timeback_id"),
)

enrollments = roster(
    "enrollments",
    words("user_id"),
    words("class_id"),
    words("organization_id"),
    words("role"),
    maybe_yes_no("is_primary"),
    maybe_day("begins_on"),
    maybe_day("ends_on"),
    belongs_to("users", "user_id"),
    belongs_to("classes", "class_id"),
    belongs_to("organizations", "organization_id"),
    index("user_id"),
    index("class_id"),
    index("organization_id"),
)
