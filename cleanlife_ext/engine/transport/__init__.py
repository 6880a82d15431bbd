"""One file for each HTTP library. A transport sends a request once, and raises only connection errors of ours.

`wire`          what all of them share: addresses, headers, bodies, and when an attempt must end
`network`       what stands beneath httpcore's pools: connections that end in time
`sync_httpx`    `CleanLife`
`aiohttp`       `AsyncCleanLife` on asyncio
`async_httpx`   `AsyncCleanLife` on trio, and over a transport of the user's
"""
