"""A request comes in, and is answered: as an ASGI app and as a WSGI app, without a framework."""
