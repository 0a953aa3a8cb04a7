"""Who may change things. Looking is free; changing needs an administrator."""

from integration_tui.domain.actor import Actor, ActorRole
from integration_tui.domain.errors import NotAllowedError


def require_admin(actor: Actor) -> None:
    """Raise `NotAllowedError` where the actor may only look."""
    if actor.role is not ActorRole.ADMIN:
        raise NotAllowedError(
            f"{actor.name} has read-only access",
            advice="start without --readonly to make changes",
        )
