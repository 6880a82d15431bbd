"""Lets happen what is planned, when its time has come, and sends what has to be sent.

Everything runs in one event loop in a thread of its own. The simulator's lock is held while the state is looked at or
changed, and never while something is on its way.
"""

import asyncio
import datetime as dt
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from cleanlife_ext.simulator.agenda import Due, Posting
from cleanlife_ext.simulator.background import Background
from cleanlife_ext.simulator.clock import Time
from cleanlife_ext.simulator.ground import Ground
from cleanlife_ext.simulator.webhooks.sending import Sender

log = logging.getLogger(__name__)
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
# Machines sleep, and their clocks are set: never trust a timer for longer.
LONGEST_NAP = dt.timedelta(minutes=1)

Until = Callable[[dt.datetime], dt.datetime]  # From the time at which an advance begins to that at which it ends.


class World:
    """One state, and what is on its way because of it. Used in the loop's thread alone."""

    def __init__(self, state: Ground, most_at_once: int) -> None:
        self.state = state
        self._most_at_once = most_at_once
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin()

    def enter(self) -> bool:
        """Belong to the loop that runs now, and say whether that is another one than before.

        After a fork it is; what was on its way, and whoever held the time, are the parent's.
        """
        loop = asyncio.get_running_loop()
        if loop is self._loop:
            return False
        is_another = self._loop is not None
        self._loop = loop
        self._begin()
        return is_another

    def _begin(self) -> None:
        self.lanes: dict[str, deque[Posting]] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.turn = asyncio.Lock()  # One advance at a time.
        self.places = asyncio.Semaphore(self._most_at_once)
        self.quiet = asyncio.Event()

    def cancel(self) -> None:
        """Stop what is on its way."""
        for task in self.tasks:
            task.cancel()
        self.lanes.clear()
        self.quiet.set()


class Runner:
    """Runs the agenda of the state that it was last given.

    *is_live*: it also waits for the time of entries to come, because the clock goes by itself.
    """

    def __init__(self, state: Ground, time: Time, lock: threading.RLock, sender: Sender, *, is_live: bool) -> None:
        self._time = time
        self._lock = lock
        self._sender = sender
        self._is_live = is_live
        self._background = Background()
        self._look = weakref.WeakMethod(self.look)
        self._is_woken = False
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = NEVER
        self._world = self._new_world(state)

    def attend(self, state: Ground) -> None:
        """Run the agenda of *state* from now on, and forget the one before."""
        with self._lock:
            before, self._world = self._world, self._new_world(state)
            if self._background.is_running:
                self._background.soon(before.cancel)

    def settle(self) -> None:
        """Wait until all that is due has happened, and all that was sent has come to its end."""
        self._check_caller()
        with self._lock:
            is_idle = not self._background.is_running and not self._is_due()
        if not is_idle:
            self._background.run(self._settle())

    def advance(self, until: Until) -> None:
        """Let time pass *until* then, which is asked when it is this advance's turn, with everything that happens."""
        self._check_caller()
        self._background.run(self._advance(until))

    def _check_caller(self) -> None:
        if self._sender.is_calling():
            raise RuntimeError(
                "a receiver that the simulator is calling cannot wait for the simulator, which waits for the receiver; "
                "call settle() and clock.advance() after it has returned"
            )

    def _new_world(self, state: Ground) -> World:
        # Weakly, or the two would keep each other, and their thread, until the garbage collector comes by.
        changed = weakref.WeakMethod(self._changed)
        state.agenda.changed = lambda: call_if_there(changed)
        return World(state, self._sender.most_at_once)

    def _changed(self) -> None:
        """Something else is next on the agenda; the lock is held."""
        if self._is_due() or (self._is_live and self._is_before_alarm()):
            self._wake()

    def _is_due(self) -> bool:
        at = self._world.state.agenda.next_at()
        return at is not None and at <= self._time.now()

    def _is_before_alarm(self) -> bool:
        at = self._world.state.agenda.next_at()
        return not self._background.is_running or (at is not None and at < self._alarm_at)

    def _wake(self) -> None:
        # Many calls, one look: what is planned while it is on its way is seen by it too.
        if not (self._is_woken and self._background.is_running):
            self._is_woken = True
            self._background.soon(call_if_there, self._look)

    # In the loop's thread:

    async def _settle(self) -> None:
        """Let everything happen that is due, also what that leads to, until there is no more of it."""
        world = self.look()
        while world.lanes:
            await world.quiet.wait()
            world = self.look()

    async def _advance(self, until: Until) -> None:
        while not await self._has_advanced(self.look(), until):
            pass

    async def _has_advanced(self, world: World, until: Until) -> bool:
        """Wait for its turn and advance, unless *world* is no longer the one to advance."""
        async with world.turn:
            with self._lock:
                if self._world is not world:
                    return False
                target = until(self._time.now())
                self._time.hold()
            try:
                await self._settle()
                while self._proceed(world, target):
                    await self._settle()
            finally:
                with self._lock:
                    if self._world is world:
                        self._time.go_on()
        self.look()
        return True

    def _proceed(self, world: World, target: dt.datetime) -> bool:
        """Put the clock to the next moment at which something is due; to *target*, and False, if nothing is left."""
        with self._lock:
            if self._world is not world:  # It was reset, and its time is none of ours.
                return False
            at = world.state.agenda.next_at()
            moment = target if at is None else min(at, target)
            self._time.hold(moment)
            return moment is at

    def look(self) -> World:
        """Let everything happen that is due."""
        with self._lock:
            self._is_woken = False
            world = self._world
            if world.enter():
                self._time.go_on()
            now = self._time.now()
            agenda = world.state.agenda
            while (due := agenda.take(now)) is not None:
                self._happen(world, due)
            self._set_alarm(agenda.next_at(), now)
        return world

    def _happen(self, world: World, due: Due) -> None:
        try:
            posting = due.happen(world.state)
        except Exception:
            # A mistake of ours; the rest of the agenda shall not suffer from it.
            log.exception("cleanlife.simulator.mistake")
            return
        if posting is not None:
            self._post(world, posting)

    def _set_alarm(self, at: dt.datetime | None, now: dt.datetime) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = None, NEVER
        if self._is_live and at is not None:
            nap = min(at - now, LONGEST_NAP)
            self._alarm_at = now + nap
            loop = asyncio.get_running_loop()
            self._alarm = loop.call_later(nap.total_seconds(), call_if_there, self._look)

    def _post(self, world: World, posting: Posting) -> None:
        lane = world.lanes.get(posting.lane)
        if lane is not None:
            lane.append(posting)
            return
        world.lanes[posting.lane] = deque([posting])
        world.quiet.clear()
        task = asyncio.get_running_loop().create_task(self._work(world, posting.lane))
        world.tasks.add(task)
        task.add_done_callback(world.tasks.discard)

    async def _work(self, world: World, lane: str) -> None:
        """Send what waits on *lane*, one after the other."""
        waiting = world.lanes[lane]
        while waiting:
            async with world.places:
                await self._send(world.state, waiting.popleft())
        del world.lanes[lane]
        if not world.lanes:
            world.quiet.set()

    async def _send(self, state: Ground, posting: Posting) -> None:
        try:
            with self._lock:
                sending = posting.start(state)
            if sending is not None:
                outcome = await self._sender.send(sending.request)
                with self._lock:
                    sending.end(state, outcome)
        except Exception:
            # Of ours again.
            log.exception("cleanlife.simulator.mistake")


def call_if_there(reference: weakref.WeakMethod[Callable[[], Any]]) -> None:
    """Call a runner's method, if somebody still holds the runner; the loop and the state, which live on, do not."""
    method = reference()
    if method is not None:
        method()
