"""One file for each HTTP library. A transport sends a request once, and raises only connection errors of ours.

`wire`          what all of them share: addresses, headers, bodies, and when an attempt must end
`network`       what stands beneath httpcore's pools: connections that end in time
`sync_httpx`    synchronous clients
`aiohttp`       asynchronous ones, on asyncio
`async_httpx`   asynchronous ones, on trio, and over a transport of the user's
"""
