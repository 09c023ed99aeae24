"""The echo server of asyncio streams, in a process of its own: echo_server.py LOOP, where LOOP is asyncio or uvloop.

Answers questions on its standard input, as plain/answering.ts does.
"""

import asyncio
import gc
import json
import os
import socket
import sys
import time


def say(answer):
    print(json.dumps(answer), flush=True)


def usage(question):
    for _ in range(question.get("collect", 0)):
        gc.collect()
    with open("/proc/self/statm") as statm:
        rss = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return {"cpuNs": time.process_time_ns(), "rss": rss}


async def echo(reader, writer):
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=4_096)
    say({"port": server.sockets[0].getsockname()[1]})
    questions = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    while line := await questions.readline():
        say(usage(json.loads(line)))
    os._exit(0)


def new_loop(name):
    if name == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


try:
    new_loop(sys.argv[1]).run_until_complete(main())
except Exception as error:
    say({"failed": f"{type(error).__name__}: {error}"})
