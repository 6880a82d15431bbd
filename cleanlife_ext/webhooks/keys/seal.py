"""Secrets under a key of the user's: whoever reads the database learns none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from cleanlife_ext.errors import ConfigurationError

__all__ = ["EncryptionKey", "Seal"]

EncryptionKey: TypeAlias = str | bytes | Sequence[str | bytes]

NEEDED = (
    "encryption_key: 32 bytes in URL-safe base64 are needed, or a list of such keys, the newest first; "
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())" makes one'
)


class Seal:
    """Seals with the first key, and opens with any. Its `repr` shows none."""

    def __init__(self, keys: EncryptionKey) -> None:
        try:
            from cryptography.fernet import Fernet, InvalidToken, MultiFernet  # noqa: PLC0415  # It is an extra.
        except ImportError:
            raise ConfigurationError("encryption_key: it needs pip install 'cleanlife-ext[webhooks]'") from None
        self._unfit = InvalidToken
        try:
            self._fernet = MultiFernet([Fernet(key) for key in ([keys] if isinstance(keys, str | bytes) else keys)])
        except (TypeError, ValueError, AttributeError):
            raise ConfigurationError(NEEDED) from None

    def close(self, text: str) -> str:
        """*text*, for nobody to read."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The text; `None` if none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except (self._unfit, ValueError):
            return None
