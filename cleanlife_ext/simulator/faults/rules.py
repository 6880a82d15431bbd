"""When faults strike: rules, counted call by call, and reproducible from the simulator's seed."""

import difflib
import random
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager

from attrs import define, field, frozen

from cleanlife_ext.simulator.faults.kinds import Fault, Place, number, whole

ALL = "*"
MOST_RULES = 1000


@define
class _Tally:
    seen: int = 0
    struck: int = 0


@frozen(eq=False)
class Rule:
    """*fault* strikes calls of an operation, but the first *after* ones, *times* times (None: without end).

    *probability* None: each of them. *number* counts the rules since the last reset, from 1.
    """

    number: int
    operation_id: str
    fault: Fault
    times: int | None
    after: int
    probability: float | None
    _chance: Callable[[], float] = field(repr=False)
    _tally: _Tally = field(factory=_Tally, repr=False)

    @property
    def seen(self) -> int:
        """How many calls came that it could have struck, had it always been its turn."""
        return self._tally.seen

    @property
    def struck(self) -> int:
        """How many calls it has struck."""
        return self._tally.struck

    def concerns(self, operation_id: str, place: Place) -> bool:
        """Whether it is about calls of this operation, at this place."""
        possible = self.fault.operations
        return (
            self.fault.place is place
            and self.operation_id in {ALL, operation_id}
            and (possible is None or operation_id in possible)
        )

    def fires(self) -> bool:
        """Count a call that it concerns, and say whether it would strike it."""
        self._tally.seen += 1
        if self.seen <= self.after:
            return False
        # Drawn whether or not another rule comes first, so that what one rule does hangs on its own calls alone.
        return self.probability is None or self._chance() < self.probability

    def strike(self) -> None:
        """Count a call that it strikes."""
        self._tally.struck += 1

    @property
    def is_used_up(self) -> bool:
        """Whether it has struck as often as it was to."""
        return self.times is not None and self.struck >= self.times


class Faults:
    """The rules of one simulator, in the order in which they were added.

    *operations*: the ids of those that there are. *places*: where something can go wrong.

    Example:
        >>> from cleanlife_ext.simulator.faults import status
        >>> faults = Faults(["createBooking", "listBookings"])
        >>> rule = faults.add("createBooking", status(503), after=1)
        >>> [each.operation_id for each in faults]
        ['createBooking']
        >>> faults.remove(rule)
    """

    def __init__(
        self,
        operations: Collection[str],
        seed: int = 0,
        lock: AbstractContextManager[object] | None = None,
        *,
        places: Collection[Place] = tuple(Place),
    ) -> None:
        self.operations = tuple(operations)
        self._places = places
        self._seed = seed
        self._lock = lock or threading.RLock()
        self._rules: list[Rule] = []
        self._added = 0

    def add(
        self,
        operation_id: str,
        fault: Fault,
        *,
        times: int | None = 1,
        after: int = 0,
        probability: float | None = None,
    ) -> Rule:
        """Let *fault* strike calls of this operation; ``"*"`` is any.

        *times*: so many of them, None without end. *after*: so many are let pass first. *probability*: of those that
        follow, this share is struck, the same ones in every run. A rule that is used up disappears.
        """
        self._check(operation_id, fault)
        if times is not None:
            times = whole("times", times, 1)
        after = whole("after", after, 0)
        if probability is not None:
            probability = number("probability", probability, 0, 1)
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                message = f"there are {MOST_RULES} rules already; remove some, or clear() them"
                raise ValueError(message)
            self._added += 1
            chance = random.Random(f"fault {self._seed} {self._added}").random  # noqa: S311 - made to be repeated
            rule = Rule(self._added, operation_id, fault, times, after, probability, chance)
            self._rules.append(rule)
        return rule

    def remove(self, rule: Rule) -> None:
        """Take *rule* out; one that has gone already is no mistake."""
        with self._lock:
            self._rules = [each for each in self._rules if each is not rule]

    def clear(self) -> None:
        """Take all rules out."""
        with self._lock:
            self._rules = []

    def reset(self) -> None:
        """Take all rules out, and begin to count them anew: what follows repeats itself."""
        with self._lock:
            self._rules, self._added = [], 0

    def __iter__(self) -> Iterator[Rule]:
        """The rules that are not used up, oldest first."""
        with self._lock:
            return iter(tuple(self._rules))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._rules)

    def strike(self, operation_id: str, place: Place) -> Fault | None:
        """The fault that strikes a call of this operation, if any; all rules that concern it count it."""
        if not self._rules:
            return None
        with self._lock:
            concerned = [rule for rule in self._rules if rule.concerns(operation_id, place)]
            firing = [rule for rule in concerned if rule.fires()]
            if not firing:
                return None
            firing[0].strike()
            if firing[0].is_used_up:
                self.remove(firing[0])
            return firing[0].fault

    def _check(self, operation_id: object, fault: object) -> None:
        if operation_id != ALL and operation_id not in self.operations:
            # The whole list is short enough to be read, where nothing is similar.
            near = difflib.get_close_matches(str(operation_id)[:100], self.operations) or [ALL, *self.operations]
            message = f"operation_id: there is no operation {str(operation_id)[:100]!r}; did you mean {_either(near)}?"
            raise ValueError(message)
        if not isinstance(fault, Fault):
            message = "fault must be made by a function of cleanlife_ext.simulator.faults, such as status(503)"
            raise ValueError(message)  # noqa: TRY004 - whatever is wrong with an argument is a ValueError here
        if fault.place not in self._places:
            message = f"fault: {fault.name} changes what this API does not have"
            raise ValueError(message)
        if operation_id != ALL and fault.operations is not None and operation_id not in fault.operations:
            message = f"fault: {fault.name} strikes only {_either(sorted(fault.operations))}, not {operation_id}"
            raise ValueError(message)


def _either(words: list[str]) -> str:
    return " or ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + " or " + words[-1]
