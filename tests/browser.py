"""A real Chromium and a served application, for the tests that look at pages as people do."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page, Request, ViewportSize, sync_playwright
from werkzeug.serving import make_server

from tests.web.cast import PASSWORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LAPTOP: ViewportSize = {"width": 1280, "height": 720}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.fail("There is no Chromium; run: make browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of loopback: its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class Window:
    """One person's browser window. It notes what must not happen: dialogs, errors, words to strangers."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.alarms: list[str] = []
        page.on("dialog", self._refuse)
        page.on("pageerror", lambda error: self.alarms.append(f"error: {error}"))
        page.on("requestfinished", self._look)
        page.on("requestfailed", self._look)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, login: str, password: str = PASSWORD) -> Page:
        page = self.open("/sign-in")
        page.get_by_label("Login").fill(login)
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/sign-in"))
        return page

    def _refuse(self, dialog: Dialog) -> None:
        self.alarms.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _look(self, request: Request) -> None:
        """What the page's own policy stopped has not left; anything else that goes elsewhere has tried."""
        ours = request.url.startswith((self.address, "data:", "about:"))
        if not ours and request.failure != "csp":
            self.alarms.append(f"request: {request.url} ({request.failure})")


@pytest.fixture
def window(chromium: Browser, app: Flask) -> Iterator[Window]:
    """A window on the application of this test."""
    with served(app) as address:
        context = chromium.new_context(viewport=LAPTOP, locale="en-US")
        yield Window(context.new_page(), address)
        context.close()
