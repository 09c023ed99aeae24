"""The process of one cell in Python: worker.py WORK WARMUPS REPEATS, where WORK is the JSON that harness/cell.ts writes.

Prints one line of JSON, {"figures": ...} or {"failed": ...}, as harness/worker.ts does.
"""

import asyncio
import gc
import json
import os
import resource
import statistics
import sys
import time

import cases


class Meter:
    def __init__(self):
        gc.collect()
        self.rss_before = rss()
        self.rss_after = None
        self.ended = None
        self.began = time.perf_counter()

    def start(self):
        self.began = time.perf_counter()

    def stop(self):
        self.ended = time.perf_counter()

    def take_memory(self):
        gc.collect()
        self.rss_after = rss()

    def figure(self, kind, count):
        seconds = self.ended - self.began
        if kind == "time":
            return seconds * 1e9 / count
        if kind == "wall":
            return seconds * 1e3
        if kind == "peak":
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if kind == "rss":
            return (self.rss_after - self.rss_before) / count
        return None


def rss():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def new_loop(name):
    if name == "asyncio":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def measure(work, warm_ups, repeats):
    run = getattr(cases, work["case"].replace("-", "_"))
    count = work["count"]
    found = {}
    for turn in range(-warm_ups, repeats):
        meter = Meter()
        loop = new_loop(work["loop"])
        checksum = loop.run_until_complete(run(count, meter))
        if meter.ended is None:
            meter.stop()
        if checksum != work["checksum"]:
            return {"failed": f"wrong result: {checksum}, expected {work['checksum']}"}
        for kind in work["figures"]:
            figure = meter.figure(kind, count)
            if turn >= 0 and figure is not None:
                found.setdefault(kind, []).append(figure)
    return {"figures": {kind: statistics.median(values) for kind, values in found.items()}}


def main():
    work, warm_ups, repeats = sys.argv[1:4]
    try:
        report = measure(json.loads(work), int(warm_ups), int(repeats))
    except Exception as error:
        report = {"failed": f"{type(error).__name__}: {error}"}
    print(json.dumps(report), flush=True)
    os._exit(0)


main()
