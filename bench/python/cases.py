"""The cases as asyncio does them, a function each: it does `count` operations and returns the checksum of its case.

Python 3.11 has TaskGroup and asyncio.timeout. No eager tasks before 3.12: none are used.
"""

import asyncio

HOUR = 3_600


async def spawn(count, meter):
    total = 0

    async def work(index):
        nonlocal total
        total += index

    async with asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(work(index))
    return total


async def sleep(count, meter):
    awake = 0

    async def work():
        nonlocal awake
        await asyncio.sleep(0.001)
        awake += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(work())
    return awake


async def map_with_workers(count, fn):
    results = [0] * count
    following = 0

    async def worker():
        nonlocal following
        while following < count:
            index = following
            following += 1
            results[index] = await fn(index)

    async with asyncio.TaskGroup() as group:
        for _ in range(64):
            group.create_task(worker())
    return sum(results)


async def map_empty(count, meter):
    async def fn(item):
        return item

    return await map_with_workers(count, fn)


async def map_wait(count, meter):
    async def fn(item):
        await asyncio.sleep(0)
        return item

    return await map_with_workers(count, fn)


async def queue(count, meter):
    total = 0
    between = asyncio.Queue(64)

    async def produce():
        for item in range(count):
            await between.put(item)

    async def consume():
        nonlocal total
        for _ in range(count):
            total += await between.get()

    await asyncio.gather(produce(), consume())
    return total


async def lock_free(count, meter):
    total = 0
    lock = asyncio.Lock()
    for index in range(count):
        async with lock:
            total += index
    return total


async def lock_contended(count, meter):
    taken = 0
    lock = asyncio.Lock()

    async def work():
        nonlocal taken
        for _ in range(count // 100):
            async with lock:
                taken += 1
                await asyncio.sleep(0)

    await asyncio.gather(*(work() for _ in range(100)))
    return taken


async def time_limit(count, meter):
    total = 0

    async def work(index):
        nonlocal total
        total += index

    for index in range(count):
        async with asyncio.timeout(10):
            await work(index)
    return total


async def cancel(count, meter):
    cleaned = 0

    async def work():
        nonlocal cleaned
        try:
            await asyncio.sleep(HOUR)
        finally:
            cleaned += 1

    tasks = [asyncio.ensure_future(work()) for _ in range(count)]
    await asyncio.sleep(0.01)
    meter.start()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return cleaned


async def heap(count, meter):
    asleep = 0

    async def work():
        nonlocal asleep
        asleep += 1
        await asyncio.sleep(HOUR)

    tasks = [asyncio.ensure_future(work()) for _ in range(count)]
    await asyncio.sleep(0.05)
    meter.take_memory()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return asleep


async def million(count, meter):
    awake = 0

    async def work():
        nonlocal awake
        await asyncio.sleep(3)
        awake += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(work())
    return awake
