"""`cleanlife webhooks`: what did not arrive, what was not processed, and trying it all out."""
