"""A sync as it is first written: httpx, pydantic, and SQLAlchemy's ORM, record by record.

`python -m benchmarks.peers.naive_orm ADDRESS STORE` reads orgs and users page by page; each
record is looked for, and changed or added; a commit a page.
"""

from __future__ import annotations

import sys
from typing import ClassVar, Final

import httpx
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import JSON, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.serving import PAGE

Json = dict[str, str | None]


class Model(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(alias_generator=to_camel)

    sourced_id: str
    status: str
    date_last_modified: str


class OrgModel(Model):
    name: str
    type: str
    identifier: str | None = None


class UserModel(Model):
    given_name: str
    family_name: str
    middle_name: str | None = None
    username: str | None = None
    email: str | None = None
    identifier: str | None = None
    enabled_user: str | bool | None = None
    roles: list[dict[str, object]] = []
    grades: list[str] = []
    primary_org: Json | None = None
    sms: str | None = None
    phone: str | None = None


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[object, object]] = {list[object]: JSON, Json: JSON}


class Row(Base):
    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    date_last_modified: Mapped[str]


class Org(Row):
    __tablename__ = "orgs"

    name: Mapped[str]
    type: Mapped[str]
    identifier: Mapped[str | None]


class User(Row):
    __tablename__ = "users"

    given_name: Mapped[str]
    family_name: Mapped[str]
    middle_name: Mapped[str | None]
    username: Mapped[str | None]
    email: Mapped[str | None]
    identifier: Mapped[str | None]
    enabled_user: Mapped[str | None]
    roles: Mapped[list[object]]
    grades: Mapped[list[object]]
    primary_org: Mapped[Json | None]
    sms: Mapped[str | None]
    phone: Mapped[str | None]


PLAN: Final[tuple[tuple[str, type[Model], type[Row]], ...]] = (
    ("orgs", OrgModel, Org),
    ("users", UserModel, User),
)


def sync(
    client: httpx.Client, session: Session, noun: str, model: type[Model], row: type[Row]
) -> int:
    offset = 0
    while True:
        answer = client.get(noun, params={"limit": PAGE, "offset": offset})
        answer.raise_for_status()
        records = answer.json()[noun]
        for record in records:
            save(session, row, model.model_validate(record))
        session.commit()
        offset += len(records)
        if len(records) < PAGE:
            return offset


def save(session: Session, row: type[Row], one: Model) -> None:
    found = session.scalar(select(row).where(row.sourced_id == one.sourced_id))
    if found is None:
        session.add(row(**one.model_dump()))
        return
    for name, value in one.model_dump().items():
        setattr(found, name, value)


def main() -> None:
    engine = create_engine(f"sqlite:///{sys.argv[2]}")
    Base.metadata.create_all(engine)
    with httpx.Client(base_url=sys.argv[1]) as client, Session(engine) as session:
        print(sum(sync(client, session, *pair) for pair in PLAN))


if __name__ == "__main__":
    main()
