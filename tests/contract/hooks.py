"""Values that no schema describes, loaded by Schemathesis itself."""

from __future__ import annotations

import schemathesis
from hypothesis import strategies as st

# The documentation asks for UUIDs of version 4, yet many of its samples are none. So the spec, by which the client
# refuses, lets any through, the simulator takes version 4 only, and what is generated here satisfies both.
schemathesis.openapi.format("uuid", st.uuids(version=4).map(str))

# Hosts that nobody has, so that nothing leaves this machine.
schemathesis.openapi.format("uri", st.from_regex(r"https://[a-z]{1,9}\.invalid/[a-z]{0,9}", fullmatch=True))
