"""The server on aiohttp with uvloop, in a process of its own.

Answers questions on its standard input, as plain/answering.ts does.
"""

import asyncio
import gc
import json
import os
import sys
import time

GREETING = "Hello, world!"
CHILDREN = 3


def say(answer):
    print(json.dumps(answer), flush=True)


def record():
    return {
        "id": 4711,
        "name": "Ada Lovelace",
        "mail": "ada@example.org",
        "roles": ["author", "editor"],
        "address": {"city": "London", "zip": "W1", "lines": ["12 St James's Square"]},
        "active": True,
        "score": 97.25,
    }


def compact(value):
    return json.dumps(value, separators=(",", ":"))


async def main():
    from aiohttp import web

    ended = []

    async def hello(request):
        return web.Response(text=GREETING)

    async def as_json(request):
        return web.json_response(record(), dumps=compact)

    async def timer(request):
        await asyncio.sleep(0.005)
        return web.Response(text=GREETING)

    async def echo(request):
        return web.json_response(await request.json(), dumps=compact)

    async def child():
        await asyncio.sleep(60)

    async def slow(request):
        try:
            await asyncio.gather(*(child() for _ in range(CHILDREN)))
        finally:
            ended.append([int(request.match_info["id"]), time.time() * 1000])
        return web.Response(text=GREETING)

    async def take_ended(request):
        taken = ended[:]
        ended.clear()
        return web.json_response(taken)

    app = web.Application()
    app.router.add_get("/hello", hello)
    app.router.add_get("/json", as_json)
    app.router.add_get("/timer", timer)
    app.router.add_post("/echo", echo)
    app.router.add_get("/slow/{id}", slow)
    app.router.add_get("/ended", take_ended)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=600)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=4_096)
    await site.start()
    say({"port": site._server.sockets[0].getsockname()[1]})
    questions = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    while await questions.readline():
        gc.collect()
        say({})
    os._exit(0)


try:
    import uvloop

    uvloop.new_event_loop().run_until_complete(main())
except Exception as error:
    say({"failed": f"{type(error).__name__}: {error}"})
