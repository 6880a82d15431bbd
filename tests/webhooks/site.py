"""A Django site with no page of its own, that protects its forms."""

from __future__ import annotations

urlpatterns: list[object] = []


def set_up() -> None:
    """Make it, once in a process."""
    import django  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415

    if not settings.configured:
        protection = ["django.middleware.csrf.CsrfViewMiddleware"]
        settings.configure(ALLOWED_HOSTS=["*"], MIDDLEWARE=protection, ROOT_URLCONF="webhooks.site")
        django.setup()
