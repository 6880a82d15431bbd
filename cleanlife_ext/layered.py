"""A generated client with the layers beneath it: what `client.generated` is."""

from __future__ import annotations

from typing import Any, Generic, NoReturn, Self, TypeVar, cast

import attrs
import httpx
from cleanlife_client import Client

from cleanlife_ext.engine.message import Scope
from cleanlife_ext.engine.session import AsyncSession, Session

__all__ = ["AsyncLayered", "AsyncLayeredClient", "Layered", "LayeredClient"]


SessionT = TypeVar("SessionT", Session, AsyncSession)


class _Layers(Generic[SessionT]):
    """Makes a generated client one that holds no address and no token, and has no way around the layers."""

    session: SessionT

    def __init__(self, session: SessionT) -> None:
        super().__init__(base_url="")  # type: ignore[call-arg]  # The generated client, which comes next.
        self.session = session

    def __repr__(self) -> str:
        return f"{type(self).__name__}(provider={self.session.core.provider.name!r})"

    def view(self, **options: Any) -> Self:
        """The same client with other options for what is called through it."""
        changed = attrs.evolve(self.session.options, **options)
        return type(self)(attrs.evolve(self.session, options=changed))

    def scoped(self) -> Self:
        """The same client, with one scope for all that is called through it: its deadline begins now."""
        return type(self)(attrs.evolve(self.session, scope=self.session.core.scope(self.session.options)))

    @property
    def scope(self) -> Scope:
        """What is called through it has in common; a new one for each call if it has none."""
        return self.session.scope or self.session.core.scope(self.session.options)

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError("this would go around retries, cache and checks; use the options of the client instead")

    with_headers = with_cookies = with_timeout = _refuse
    set_httpx_client = set_async_httpx_client = _refuse


class Layered(_Layers[Session]):
    """Pass it to `sync()` and `sync_detailed()` of generated operations. Its own `with` closes nothing."""

    def get_httpx_client(self) -> httpx.Client:
        """What generated code sends with: the session, which answers `request()` as httpx would."""
        return cast("httpx.Client", self.session)

    def get_async_httpx_client(self) -> NoReturn:
        raise TypeError("this is the synchronous client: call sync() or sync_detailed(), or make an asynchronous one")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object, **__: object) -> None:
        """Nothing ends: the connections are those of the client around it."""

    async def __aenter__(self) -> NoReturn:
        self.get_async_httpx_client()


class AsyncLayered(_Layers[AsyncSession]):
    """Pass it to `asyncio()` and `asyncio_detailed()` of generated operations. Its own `async with` closes nothing."""

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """What generated code sends with: the session, which answers `request()` as httpx would."""
        return cast("httpx.AsyncClient", self.session)

    def get_httpx_client(self) -> NoReturn:
        raise TypeError(
            "this is the asynchronous client: await asyncio() or asyncio_detailed(), or make a synchronous one"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object, **__: object) -> None:
        """Nothing ends: the connections are those of the client around it."""

    def __enter__(self) -> NoReturn:
        self.get_httpx_client()


class LayeredClient(Layered, Client):
    __doc__ = Layered.__doc__


class AsyncLayeredClient(AsyncLayered, Client):
    __doc__ = AsyncLayered.__doc__
