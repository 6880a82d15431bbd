"""Hexadecimal and base64, read strictly: what is neither is `None`, and no exception."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

__all__ = ["DECODERS", "ENCODINGS", "Encoding", "decoded", "encoded"]

Encoding: TypeAlias = Literal["hex", "base64"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)


def encoded(digest: bytes, encoding: Encoding) -> str:
    """*digest* as text: lower case, or with padding."""
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()


def decoded(text: str, encoding: Encoding) -> bytes | None:
    """The bytes that *text* stands for: hex in either case, base64 of the standard alphabet, padded or not."""
    try:
        return DECODERS[encoding](text)
    except ValueError:
        return None


def _unbase64(text: str) -> bytes:
    padding = "=" * (-len(text) % 4)
    return binascii.a2b_base64(text + padding, strict_mode=True)


DECODERS: Mapping[Encoding, Callable[[str], bytes]] = MappingProxyType({"hex": binascii.unhexlify, "base64": _unbase64})
