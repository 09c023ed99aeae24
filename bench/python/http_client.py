"""The client of aiohttp on uvloop, in a process of its own.

Answers questions on its standard input, as plain/http/driver.ts does.
"""

import asyncio
import json
import os
import sys
import time

GREETING = "Hello, world!"


def say(answer):
    print(json.dumps(answer), flush=True)


async def get_many(session, url, requests, concurrency):
    left = requests

    async def loop():
        nonlocal left
        while left > 0:
            left -= 1
            async with session.get(url) as response:
                text = await response.text()
            if text != GREETING:
                raise ValueError(f"the answer is {text!r}")

    await asyncio.gather(*(loop() for _ in range(concurrency)))
    return {"requests": requests}


async def stream_one(session, url, expected):
    began = time.perf_counter()
    count = 0
    async with session.get(url) as response:
        async for chunk in response.content.iter_any():
            count += len(chunk)
    if count != expected:
        raise ValueError(f"{count} bytes came instead of {expected}")
    return {"ms": (time.perf_counter() - began) * 1000}


async def answer(session, question):
    origin = f"http://127.0.0.1:{question['port']}"
    try:
        if "requests" in question:
            return await get_many(
                session, f"{origin}/hello", question["requests"], question["concurrency"]
            )
        return await stream_one(session, f"{origin}/bytes/{question['bytes']}", question["bytes"])
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


async def main():
    import aiohttp

    loop = asyncio.get_running_loop()
    questions = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    connector = aiohttp.TCPConnector(limit=64)
    async with aiohttp.ClientSession(connector=connector) as session:
        say({})
        while line := await questions.readline():
            say(await answer(session, json.loads(line)))
    os._exit(0)


try:
    import uvloop

    uvloop.new_event_loop().run_until_complete(main())
except Exception as error:
    say({"failed": f"{type(error).__name__}: {error}"})
