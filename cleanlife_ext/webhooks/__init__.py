"""Webhooks that lose nothing: verified, written down, processed once, in order."""
