"""A real browser on the simulator's page, and somebody who takes webhooks.

The browser is the Chromium of the system; where there is none, these tests are skipped. One browser serves all of
them, and each gets a profile of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from browser.looking import Arrived, Looking, Receiver

from cleanlife_ext.simulator import Server, Simulator

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser, which runs until the last test of the module has ended.

    No longer: Playwright runs an event loop beneath the main thread, in which no other test could run its own.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser on this machine: none of {', '.join(BROWSERS)} was found")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("playwright is not installed, which drives the browser")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may not be there

    # A sandbox cannot be had by the administrator, who tests in containers mostly.
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, *sandbox])
        yield browser
        browser.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own; it accepts everything, at first."""
    arrived: list[Arrived] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            arrived.append(Arrived(dict(self.headers), json.loads(body)))
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook", arrived)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()


@pytest.fixture
def simulator() -> Simulator:
    """One that may send to this machine; its clock is the real one, as people see it."""
    return Simulator(allow_http=True)


@pytest.fixture
def server(simulator: Simulator) -> Iterator[Server]:
    """That simulator behind a socket."""
    with simulator.serve() as server:
        yield server


@pytest.fixture
def looking(chromium: Any, server: Server) -> Iterator[Looking]:
    """The page, opened in a wide window; what it must never do fails the test in the end."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)  # Milliseconds: machines that test are busy.
    looking = Looking(context.new_page(), f"http://127.0.0.1:{server.port}/_simulator/")
    looking.open()
    yield looking
    context.close()
    assert looking.errors == []
    assert [url for url in looking.requested if not url.startswith((looking.origin, "data:"))] == []
