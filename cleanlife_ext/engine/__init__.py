"""The engine: how a call travels. It knows no provider; what may be repeated, kept or paged it reads from traits.

`message`      what travels: requests, responses, the scope of an operation
`traits`       what the spec says of an operation, as values
`provider`     an API: its operations, its envelope, its error codes
`flow`         policies (pure generators), effects, and one driver for each world
`session`      stands where generated code expects an HTTP client, and sends a request through the layers
`lock`         one lock for what threads share, which a fork waits for
`constraints`  what is refused before it is sent
`observe`, `cache`, `recover`, `retry`, `check`   the layers, outermost first
`trace`, `log` what was observed: for a person who asks, and for the log
`frames`       tracebacks without variables
`transport`    one file for each HTTP library
"""
