"""Health Gorilla, as its spec describes it, and its generated client with the layers beneath it."""

from __future__ import annotations

import healthgorilla_traits
from healthgorilla_client import Client

from cleanlife_ext.bound import bound
from cleanlife_ext.layered import AsyncLayered, Layered
from cleanlife_ext.options import Addresses

__all__ = ["ADDRESSES", "HEALTHGORILLA", "AsyncLayeredClient", "LayeredClient"]

HEALTHGORILLA = bound("healthgorilla_client", healthgorilla_traits)
ADDRESSES = Addresses(healthgorilla_traits.SERVERS, "HEALTHGORILLA", sample="https://api.example.com")


class LayeredClient(Layered, Client):
    __doc__ = Layered.__doc__


class AsyncLayeredClient(AsyncLayered, Client):
    __doc__ = AsyncLayered.__doc__
