"""What steers a running simulator from outside: JSON endpoints below ``/_simulator``, and a page for people.

    app ─ desk ─ border ─ orders ─ actions ─ simulator
                   │                  │
                 files             picture ─ material

Nothing of it belongs to the CleanLife API, so none of it asks for a key, and none of it is in the request log. It is
made for the machine it runs on: `border` keeps foreign web pages out.
"""

from cleanlife_ext.simulator.control.app import ControlApp
from cleanlife_ext.simulator.control.desk import ROOT, Control

__all__ = ["ROOT", "Control", "ControlApp"]
