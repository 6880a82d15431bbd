"""The page's files, as they lie in the package."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from cleanlife_ext.simulator.control.replies import Reply

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}  # each in UTF-8
# Nothing comes from other hosts, and no text can become a script or a frame.
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
)


def find(path: str) -> Reply | None:
    """The file that the page asks for by *path*, ``/`` being the page itself."""
    return _files().get(path)


@cache
def _files() -> Mapping[str, Reply]:
    folder = resources.files("cleanlife_ext.simulator.control") / "page"
    replies = {f"/{file.name}": _reply(file.name, file.read_bytes()) for file in folder.iterdir() if file.is_file()}
    return {**replies, "/": replies["/index.html"]}


def _reply(name: str, content: bytes) -> Reply:
    suffix = name[name.rindex(".") :]
    return Reply(200, content, f"{_TYPES[suffix]}; charset=utf-8", _HEADERS)
