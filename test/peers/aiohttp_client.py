"""aiohttp's client, told by its arguments what to do against which server. Prints what came of it as JSON."""
import asyncio
import hashlib
import json
import sys

import aiohttp

base = sys.argv[1]
PIECE = bytes(range(256)) * 256


async def pieces(count, begun=None):
    for _ in range(count):
        yield PIECE
        if begun is not None:
            begun.set()
        await asyncio.sleep(0)


def digest_of(count):
    digest = hashlib.sha256()
    for _ in range(count):
        digest.update(PIECE)
    return digest.hexdigest()


async def many(session):
    async def one(index):
        async with session.get(f"{base}/stream?bytes={1000 + index}") as response:
            return len(await response.read()) == 1000 + index

    return all(await asyncio.gather(*(one(index) for index in range(500))))


async def uploads(session):
    async with session.put(f"{base}/count", data=pieces(100)) as response:
        chunked = await response.json()
    async with session.put(f"{base}/count", data=PIECE * 100) as response:
        sized = await response.json()
    async with session.put(f"{base}/count", data=PIECE * 100, expect100=True) as response:
        continued = await response.json()
    expected = digest_of(100)
    return [each["digest"] == expected for each in (chunked, sized, continued)] + [chunked["length"], sized["length"]]


async def refused(session):
    async with session.put(f"{base}/refuse", data=PIECE * 100, expect100=True) as response:
        return [response.status, await response.text()]


async def echo(session):
    """Sends while it receives: the next piece goes out when a part of the last one has come back."""
    came = asyncio.Event()

    async def sent():
        for _ in range(50):
            yield PIECE
            await came.wait()
            came.clear()

    digest = hashlib.sha256()
    async with session.post(f"{base}/echo", data=sent()) as response:
        async for piece in response.content.iter_any():
            digest.update(piece)
            came.set()
    return digest.hexdigest() == digest_of(50)


async def others(session):
    async with session.post(f"{base}/form", data={"a": "ä &"}) as response:
        form = await response.json()
    async with session.head(f"{base}/hello") as response:
        head = response.headers["content-length"]
    async with session.get(f"{base}/redirect") as response:
        redirect = [await response.text(), len(response.history)]
    async with session.get(f"{base}/cookies") as response:
        await response.text()
    async with session.get(f"{base}/cookies") as response:
        cookies = await response.text()
    async with session.get(f"{base}/fail") as response:
        failed = response.status
    async with session.get(f"{base}/nothing") as response:
        nothing = [response.status, await response.text()]
    return [form, head, redirect, cookies, failed, nothing]


async def leave(session):
    """Leaves in the midst of replies that do not end."""
    for _ in range(5):
        async with session.get(f"{base}/endless") as response:
            await response.content.readany()
            response.close()
    return True


async def main():
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20), cookie_jar=jar) as session:
        result = await globals()[sys.argv[2]](session)
    print(json.dumps(result))


asyncio.run(main())
