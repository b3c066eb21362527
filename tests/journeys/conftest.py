"""Stories end to end, seen through a browser."""

from tests.browser import chromium  # noqa: F401 - a fixture of this folder
