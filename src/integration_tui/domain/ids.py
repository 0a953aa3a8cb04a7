"""Typed identifiers, so that a run id is never passed where an integration id is meant."""

from typing import NewType

TenantId = NewType("TenantId", str)
IntegrationId = NewType("IntegrationId", str)
"""The name an administrator gave: a lower-case slug, unique in its tenant, never changed."""
SubscriptionId = NewType("SubscriptionId", str)
RunId = NewType("RunId", str)

LOCAL_TENANT = TenantId("local")
