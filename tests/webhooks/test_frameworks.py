"""The receiver within apps of others: each of these programs stands in the docs as it is run here.

Events come from a simulator, over a socket, into the framework's own server or the one that it is usually run with.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
import uvicorn
from webhooks import site
from webhooks.deliveries import body_of, headers_of
from webhooks.happening import book

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

FASTAPI = """
from contextlib import asynccontextmanager
from fastapi import FastAPI

@asynccontextmanager
async def lifespan(app):
    async with receiver.worker():
        yield

app = FastAPI(lifespan=lifespan)
app.mount("/hooks", receiver.asgi)
"""

STARLETTE = """
from starlette.applications import Starlette
from starlette.routing import Route

app = Starlette(routes=[Route("/hooks/cleanlife", receiver.asgi)])
"""

FLASK = """
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

app = Flask(__name__)
app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/hooks": receiver.wsgi})
"""

DJANGO_WSGI = """
from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()

def application(environ, start_response):
    app = receiver.wsgi if environ["PATH_INFO"] == "/hooks/cleanlife" else django
    return app(environ, start_response)
"""

DJANGO_ASGI = """
from django.core.asgi import get_asgi_application

django = get_asgi_application()

async def application(scope, receive, send):
    app = receiver.asgi if scope.get("path") == "/hooks/cleanlife" else django
    await app(scope, receive, send)
"""


def made(program: str, receiver: WebhookReceiver) -> Any:
    """The app that *program* makes."""
    names: dict[str, Any] = {"receiver": receiver, "__name__": "shop"}
    exec(program, names)  # noqa: S102  # It stands above.
    return names.get("app") or names["application"]


@contextmanager
def by_uvicorn(app: Any) -> Iterator[int]:
    """The port of a server for ASGI."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, loop="asyncio", http="h11", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.005)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running(server: Any) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def by_werkzeug(app: Any) -> AbstractContextManager[int]:
    """The port of Flask's own server."""
    from werkzeug.serving import WSGIRequestHandler as Handler  # noqa: PLC0415
    from werkzeug.serving import make_server as made_server  # noqa: PLC0415

    class Quiet(Handler):
        def log(self, *_: Any) -> None:
            """Nothing."""

    return running(made_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet))


def by_wsgiref(app: Any) -> AbstractContextManager[int]:
    """The port of the server that comes with Python, as Django's own is."""

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Nothing."""

    return running(make_server("127.0.0.1", 0, app, handler_class=Quiet))


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    site.set_up()


Serve = Callable[[Any], AbstractContextManager[int]]
PROGRAMS = {
    "fastapi": (FASTAPI, by_uvicorn),
    "starlette": (STARLETTE, by_uvicorn),
    "flask": (FLASK, by_werkzeug),
    "django": (DJANGO_WSGI, by_wsgiref),
    "django, asynchronous": (DJANGO_ASGI, by_uvicorn),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_integration_is_short(name: str) -> None:
    """Under ten lines, but for those that are empty."""
    assert len([line for line in PROGRAMS[name][0].splitlines() if line]) < 10


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_delivery_arrives_through_a_framework(name: str, inbox: Inbox) -> None:
    """Byte for byte, or its signature would not fit; and what is forged does not."""
    program, serve = PROGRAMS[name]
    simulator, handled = Simulator(allow_http=True), threading.Event()
    with CleanLife(simulator.api_key, base_url="http://simulator/v1", transport=simulator.transport) as client:
        secrets: list[str] = []
        receiver = WebhookReceiver(secrets=lambda: secrets, inbox=inbox, allow_http=True)
        receiver.on("booking.created")(lambda _event: handled.set())
        with serve(made(program, receiver)) as port:
            url = f"http://127.0.0.1:{port}/hooks/cleanlife"
            secrets.append(client.webhooks.subscriptions.create(url=url, events=["booking.created"]).secret)
            book(client, simulator)
            refused = httpx.post(url, content=body_of(), headers=headers_of())
            assert name != "fastapi" or handled.wait(10)

    (delivery,) = simulator.deliveries
    assert (delivery.status, delivery.status_code) == ("DELIVERED", 200)
    assert [(entry.delivery_id, entry.body) for entry in inbox.entries()] == [(delivery.id, delivery.body)]
    assert (refused.status_code, refused.json()) == (401, {"result": "not verified"})


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("chunked", [True, False])
def test_bodies_of_every_kind_over_a_socket(name: str, inbox: Inbox, *, chunked: bool) -> None:
    """What is too large is told so, or hung up on; what comes in chunks is read, where the server can."""
    program, serve = PROGRAMS[name]
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, allow_http=True, max_body=100_000)

    def pieces(count: int) -> Any:
        return iter([b"a" * 10_000] * count) if chunked else b"a" * 10_000 * count

    with serve(made(program, receiver)) as port:
        url = f"http://127.0.0.1:{port}/hooks/cleanlife"
        statuses = [status_of(url, pieces(count)) for count in (1, 11)]
        assert httpx.get(url).status_code == 405

    can = not chunked or serve is not by_wsgiref
    assert statuses[0] == (401 if can else 411)
    assert statuses[1] in ({413, None} if can else {411, None})


def status_of(url: str, content: Any) -> int | None:
    """`None` if the server hung up on what it would not read."""
    try:
        return httpx.post(url, content=content).status_code
    except httpx.TransportError:
        return None
