"""What orders are about: a simulator, seen from where both its public side and its state can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from attrs import frozen

from cleanlife_ext.simulator.control.watch import Watch

if TYPE_CHECKING:
    from cleanlife_ext.simulator.api import PartnerApi
    from cleanlife_ext.simulator.simulator import Simulator

_T = TypeVar("_T")


class Look(Protocol):
    """Runs a function on what is behind the simulator's lock; it must not last."""

    def __call__(self, look: Callable[[PartnerApi], _T], /) -> _T: ...


@frozen
class Target:
    """A simulator, a way to look into it, and what was seen last."""

    simulator: Simulator
    look: Look
    watch: Watch
