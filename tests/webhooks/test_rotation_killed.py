"""Whoever rotates is killed at each step, and it is run again: nothing is lost, and nobody true is turned away."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from cryptography.fernet import Fernet
from webhooks.doors import through_wsgi
from webhooks.happening import book

from cleanlife_ext import CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator import Simulator, WebhookRequest
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")

KEY = Fernet.generate_key().decode()
DAY = 24 * 3600.0  # The simulator's clock goes ahead.
EVENTS = ["booking.created"]
STEPS = ("begins", "has asked", "has the secret", "has kept it")

ROTATING = """
import os, signal, sys
from cleanlife_ext import CleanLife
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

inbox, key, base_url, api_key, id, steps = sys.argv[1:]
receiver = WebhookReceiver(secrets=[], inbox=Inbox(inbox), encryption_key=key)
with CleanLife(api_key, base_url=base_url, deadline=5) as client:
    flow = receiver.rotation.rotate(client, id)
    effect = next(flow)
    for _ in range(int(steps)):
        result = effect.act() if hasattr(effect, "act") else effect.whom()
        effect = next(iter([flow.send(result)] if _ < 2 else []), None)
    os.kill(os.getpid(), signal.SIGKILL)
"""

RECEIVING = """
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

inbox, key, tolerance = sys.argv[1:]
receiver = WebhookReceiver(
    secrets=[], inbox=Inbox(inbox), encryption_key=key, tolerance=float(tolerance), allow_http=True
)
WSGIRequestHandler.log_message = lambda *_: None
server = make_server("127.0.0.1", 0, receiver.wsgi)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Later(Clock):
    """A clock by which the lease of whoever was killed has passed."""

    def wall(self) -> float:
        return super().wall() + 40


@contextmanager
def another(url: str) -> Iterator[str]:
    """A receiver on the same inbox, in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", RECEIVING, url, KEY, str(DAY)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # Ours.
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/hooks"
    finally:
        process.kill()
        process.communicate()


def test_killed_at_each_step_and_run_again(url: str) -> None:
    """Two receivers in two processes take turns; what comes meanwhile waits, and then fits."""
    statuses: list[int] = []
    with Inbox(url) as inbox, another(url) as elsewhere:
        here = WebhookReceiver(secrets=[], inbox=inbox, encryption_key=KEY, tolerance=DAY)

        def deliver(request: WebhookRequest) -> int:
            if len(statuses) % 2:
                statuses.append(httpx.post(elsewhere, content=request.body, headers=request.headers).status_code)
            else:
                given = {"method": "POST", "scheme": "https", "peer": ""}
                statuses.append(through_wsgi(here.wsgi, [request.body], list(request.headers.items()), **given).status)
            return statuses[-1]

        simulator = Simulator(receive=deliver)
        with (
            simulator.serve() as server,
            CleanLife(server.api_key, base_url=server.base_url) as client,
        ):
            made = here.subscribe(client, url="https://example.com/hooks", events=EVENTS)
            for steps, step in enumerate(STEPS):
                arguments = [url, KEY, server.base_url, server.api_key, str(made.subscription_id), str(steps)]
                command = [sys.executable, "-W", "error", "-c", ROTATING, *arguments]
                killed = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)  # noqa: S603
                assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, ""), step
                book(client, simulator)
                book(client, simulator)
                again = WebhookReceiver(secrets=[], inbox=inbox, encryption_key=KEY, clock=Later())
                again.rotate(client, made.subscription_id)
                book(client, simulator)
                simulator.clock.advance(minutes=10)
                simulator.settle()

        assert set(statuses) == {200, 503}
        assert statuses.count(503) == 2
        assert {delivery.status for delivery in simulator.deliveries} == {"DELIVERED"}
        assert {delivery.id for delivery in simulator.deliveries} == {entry.delivery_id for entry in inbox.entries()}
        assert len(simulator.deliveries) == 3 * len(STEPS)
