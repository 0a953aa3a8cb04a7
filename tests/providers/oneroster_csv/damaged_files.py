"""Files as people send them: a sound roster of 1.2 with some of its files replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from integration_tui.domain.paging import Rejected
from integration_tui.domain.roster import Collection, Record
from integration_tui.providers.oneroster_csv.findings import FileFinding
from integration_tui.providers.oneroster_csv.roster import Roster, read
from integration_tui.providers.oneroster_csv.validation import Report, check

ORGS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\r\n"
SESSIONS = (
    "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
)
ENROLLMENTS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate\n"
)
ROLES = (
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId\n"
)
USERS = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,"
    "preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\n"
)
USERS_1_1 = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,"
    "familyName,middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n"
)


def manifest(version: str = "1.2", **kinds: str) -> str:
    rows = "".join(f"file.{name},{kind}\n" for name, kind in kinds.items())
    return f"propertyName,value\nmanifest.version,1.0\noneroster.version,{version}\n{rows}"


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder, each as it is."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    return folder


def orgs(folder: Path, rows: str | bytes, *, header: str | bytes = ORGS) -> Report:
    """Check a roster that consists of orgs alone."""
    head = header if isinstance(header, bytes) else header.encode()
    body = rows if isinstance(rows, bytes) else rows.encode()
    return one(folder, "orgs", head + body)


def one(folder: Path, stem: str, content: str | bytes, *, version: str = "1.2") -> Report:
    """Check a roster that consists of one file."""
    files = {"manifest.csv": manifest(version, **{stem: "bulk"}), f"{stem}.csv": content}
    return check(put(folder, files))


def listed(folder: Path, collection: Collection) -> tuple[list[Record], list[Rejected]]:
    """Return what can be read of a collection, and what was quarantined."""
    roster = Roster(folder)
    files = [roster.open(stem) for stem in roster.stems(collection)]
    assert files[0] is not None
    told = [*read(files[0], files[1] if len(files) > 1 else None)]
    for file in files:
        if file is not None:
            file.raw.close()
    roster.close()
    rejected = [csv_record.rejected for csv_record in told if csv_record.rejected is not None]
    return [csv_record.record for csv_record in told if csv_record.record is not None], rejected


def names(folder: Path) -> list[str]:
    records, _ = listed(folder, Collection.ORGS)
    return [getattr(record, "name", "") for record in records]


def places(report: Report) -> list[tuple[str, int, str, str]]:
    """Return severity, line, column and message of what was found."""
    return [
        (finding.severity.value, finding.line, finding.column, finding.message)
        for finding in report.findings
    ]


def only(report: Report) -> FileFinding:
    """Return the one finding there is."""
    assert len(report.findings) == 1, [str(finding) for finding in report.findings]
    return report.findings[0]
