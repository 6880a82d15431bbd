"""Bodies of requests, piece by piece, and never more of them than can be kept."""

from attrs import define, field

from cleanlife_ext.simulator.reading import LARGEST_BODY

# What is too large is read on and thrown away up to here, so that the client comes to read the answer.
MOST_IGNORED = 64 * LARGEST_BODY


@define
class Body:
    """A request's body as it comes in; what is too large is counted on, and thrown away."""

    _kept: bytearray = field(factory=bytearray, init=False)
    _size: int = field(default=0, init=False)

    def add(self, piece: bytes) -> bool:
        """Take one more piece, and say whether to go on reading."""
        self._size += len(piece)
        if self._size <= LARGEST_BODY:
            self._kept += piece
        return self._size <= MOST_IGNORED

    @property
    def content(self) -> bytes | None:
        """The body, or None if it is larger than allowed."""
        return bytes(self._kept) if self._size <= LARGEST_BODY else None
