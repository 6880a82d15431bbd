"""The control endpoints in front of another ASGI application."""

from functools import partial

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cleanlife_ext.simulator.app import arrived
from cleanlife_ext.simulator.control.desk import ROOT, Control


class ControlApp:
    """Serves the page and its endpoints, and leaves everything else to *otherwise*."""

    def __init__(self, control: Control, *, otherwise: ASGIApp) -> None:
        self._control = control
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if _wants_page(scope):
            await RedirectResponse(f"{ROOT}/")(scope, receive, send)
        elif _is_ours(scope):
            await self._serve(scope, receive, send)
        else:
            await self._otherwise(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await arrived(Request(scope, receive))
        if call is None:
            return
        # An order may last, as webhooks are sent meanwhile, and their receivers may call the API on this very loop.
        # A server that stops does not wait for it.
        reply = await to_thread.run_sync(partial(self._control.reply, call), abandon_on_cancel=True)
        response = Response(reply.content, reply.status, dict(reply.headers), reply.media_type)
        await response(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return scope["type"] == "http" and (path == ROOT or path.startswith(f"{ROOT}/"))


def _wants_page(scope: Scope) -> bool:
    """Whether a person opened the server's address, or the page's without its last slash."""
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return False
    if scope["path"] == ROOT:
        return True
    return scope["path"] == "/" and "text/html" in Headers(scope=scope).get("accept", "")
