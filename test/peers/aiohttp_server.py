"""A server of aiohttp.web for our client. Prints its port."""
import asyncio
import hashlib
import sys

from aiohttp import web

PIECE = bytes(range(256)) * 256


async def hello(request):
    return web.Response(text="hello")


async def count(request):
    digest = hashlib.sha256()
    async for piece in request.content.iter_any():
        digest.update(piece)
    length = request.headers.get("Content-Length")
    return web.json_response({"method": request.method, "digest": digest.hexdigest(), "length": length})


async def echo(request):
    response = web.StreamResponse()
    await response.prepare(request)
    async for piece in request.content.iter_any():
        await response.write(piece)
    await response.write_eof()
    return response


async def stream(request):
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(100):
        await response.write(PIECE)
    await response.write_eof()
    return response


async def compressed(request):
    response = web.Response(text="All work and no play. " * 10_000)
    response.enable_compression()
    return response


async def redirect(request):
    raise web.HTTPFound("/hello")


async def cookies(request):
    response = web.Response(text=request.cookies.get("a", "none"))
    response.set_cookie("a", "b")
    return response


async def early(request):
    return web.Response(status=403, text="no")


async def refusing(request):
    raise web.HTTPUnauthorized(text="no")


async def expects_nothing(request):
    raise web.HTTPExpectationFailed(text="no")


async def main():
    app = web.Application(client_max_size=2**30)
    app.add_routes(
        [
            web.get("/hello", hello),
            web.route("*", "/count", count),
            web.post("/echo", echo),
            web.get("/stream", stream),
            web.get("/compressed", compressed),
            web.get("/redirect", redirect),
            web.get("/cookies", cookies),
            web.post("/early", early),
            web.route("*", "/refusing", early, expect_handler=refusing),
            web.route("*", "/old", count, expect_handler=expects_nothing),
        ]
    )
    runner = web.AppRunner(app, keepalive_timeout=float(sys.argv[1]))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"port {site._server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
