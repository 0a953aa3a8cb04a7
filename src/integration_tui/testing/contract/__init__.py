"""The contract of `domain/provider.py` as tests, for every provider, built-in or not.

Serve a system, and name it in a class of your own:

    class TestAbacus(ProviderContract):
        provider = ServedProvider(spec=SPEC, serve=serve_abacus)
"""

from __future__ import annotations

import pytest

# Before the import: what fails there is shown with its values, as in tests of one's own.
pytest.register_assert_rewrite("integration_tui.testing.contract.suite")

from integration_tui.testing.contract.served import Serve, ServedProvider  # noqa: E402
from integration_tui.testing.contract.suite import ProviderContract  # noqa: E402

__all__ = ["ProviderContract", "Serve", "ServedProvider"]
