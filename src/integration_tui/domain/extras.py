"""How libraries that are installed on request only are installed: no package index has us."""

from __future__ import annotations


def how_to_install(extra: str) -> str:
    """Return what to type for an extra of this program's distribution."""
    return (
        f"in the folder of the source, type: pip install '.[{extra}]';"
        f" with a wheel: pip install 'FILE.whl[{extra}]'"
    )
