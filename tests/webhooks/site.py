"""A Django site with no page of its own."""

urlpatterns: list[object] = []
