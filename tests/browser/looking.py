"""What a person does on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field, frozen


@frozen
class Arrived:
    """A webhook, as its receiver sees it."""

    headers: Mapping[str, str]
    body: Mapping[str, Any]


@define
class Receiver:
    """Where webhooks arrive, and with which status they are answered."""

    url: str
    arrived: list[Arrived]
    status: int = 204


@define
class Looking:
    """Somebody who looks at the page, and notes every error and every request of it."""

    page: Any
    url: str
    errors: list[str] = field(factory=list)
    requested: list[str] = field(factory=list)

    @property
    def origin(self) -> str:
        """Where all of it has to come from."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}/"

    def open(self) -> None:
        """Open the page, and wait until it shows the simulator."""
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.goto(self.url)
        self.sees("#link", "Live")

    def press(self, name: str, *, within: str = "body") -> None:
        """Press the first button of that name."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def sees(self, where: str, text: str) -> None:
        """Wait until *text* stands there."""
        self.page.locator(where).filter(has_text=text).first.wait_for()

    def sees_other(self, where: str, than: str) -> None:
        """Wait until something stands there that is other *than* what stood there before."""
        self.page.wait_for_function(
            "([where, than]) => document.querySelector(where).innerText !== than", arg=[where, than]
        )

    def sees_no(self, where: str, text: str) -> None:
        """Wait until *text* stands there no longer."""
        self.page.locator(where).filter(has_text=text).first.wait_for(state="hidden")

    def text(self, where: str) -> str:
        """All that stands there, folded or not."""
        return str(self.page.locator(where).first.inner_text())

    def unfold(self) -> None:
        """Open all that can be opened."""
        self.page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true })")

    def focused(self) -> str:
        """What has the focus, by its name."""
        return str(
            self.page.evaluate(
                "(() => { const it = document.activeElement;"
                " return it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent ?? it.textContent })()"
            )
        ).strip()
