"""One function for all control endpoints: a call goes in, a reply comes out."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.control import border, files, orders, replies
from cleanlife_ext.simulator.control.endpoints import ENDPOINTS
from cleanlife_ext.simulator.control.replies import Reply
from cleanlife_ext.simulator.control.target import Look, Target
from cleanlife_ext.simulator.control.watch import Watch

if TYPE_CHECKING:
    from cleanlife_ext.simulator.api import PartnerApi
    from cleanlife_ext.simulator.simulator import Simulator

ROOT = "/_simulator"
LONGEST_ID, LONGEST_PATH = 100, 500  # of what is told back to a stranger
log = logging.getLogger(__name__)


class Control:
    """Shows a simulator, and does to it what it is told. May last: advancing the clock sends webhooks."""

    def __init__(self, simulator: Simulator, look: Look) -> None:
        self._target = Target(simulator, look, Watch())

    def reply(self, call: Call) -> Reply:
        """The reply to *call*; whatever happens, there is one."""
        request_id = call.headers.get("x-request-id", "")[:LONGEST_ID] or str(uuid.uuid4())
        try:
            border.check(call, self._target.look(_hosts))
            return self._reply(call)
        except refusals.Refusal as refusal:
            return replies.failure(refusal, request_id)
        except Exception:
            # A mistake of ours: the log gets the story, the caller a clear word.
            log.exception("cleanlife.simulator.mistake", extra={"path": call.path})
            return replies.failure(refusals.internal_error(), request_id)

    def _reply(self, call: Call) -> Reply:
        method, path = "GET" if call.method == "HEAD" else call.method, call.path[:LONGEST_PATH].removeprefix(ROOT)
        file = files.find(path)
        if file is not None:
            if method != "GET":
                raise refusals.wrong_method(method, path, {"GET"})
            return file
        endpoint, id = orders.find(ENDPOINTS, method, path)
        result = endpoint.perform(self._target, orders.read(call, endpoint, id))
        return result if isinstance(result, Reply) else replies.success(result)


def _hosts(api: PartnerApi) -> set[str]:
    return {host.lower() for host, _ in api.state.served}
