"""One file for each tag of the spec. Each method is a signature and a line; the rules are in the spec and the engine.

The documentation of a method stands in the synchronous class; its asynchronous twin takes it over.
"""
