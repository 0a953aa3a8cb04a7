"""Typed identifiers, so that a run id is never passed where an integration id is meant.

See docs/decisions/0001.
"""

from typing import NewType

TenantId = NewType("TenantId", str)
IntegrationId = NewType("IntegrationId", str)
"""The name an administrator gave: a lower-case slug, unique in its tenant, never changed."""
SubscriptionId = NewType("SubscriptionId", str)
RunId = NewType("RunId", int)
"""Counts from 1 in its tenant, as people say it: run 12."""
RecordId = NewType("RecordId", int)
"""Our own id of a roster record, unique in its collection; the same for as long as we know it."""

LOCAL_TENANT = TenantId("local")
