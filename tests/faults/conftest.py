"""The fault run: short as part of the tests, full by `make faults`; both end with its table."""

import os

import pytest

FULL = os.environ.get("OUTREACH_TEST_FAULTS") == "full"


@pytest.fixture
def is_full() -> bool:
    return FULL
