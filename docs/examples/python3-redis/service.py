#!/usr/bin/python3
"""Takes orders, with redis-py as it is by default and the least code for two regions: on an error it goes to the next region,
and some seconds later it tries home again.

aafailover drill app region-down -- /usr/bin/python3 docs/examples/python3-redis/service.py {us} {eu}
"""

import secrets
import sys
import threading
import time

import redis

HOME_AFTER = 5  # seconds

clients = [redis.Redis.from_url(url) for url in sys.argv[1:]]  # home first
lock = threading.Lock()
active = 0
try_home = 0.0


def do(it):
    """Does it where the orders go, and on an error in the next region, until it is done."""
    global active, try_home
    while True:
        with lock:
            if active != 0 and time.monotonic() > try_home:
                active = 0
            at = active
        try:
            return it(clients[at])
        except redis.RedisError as error:
            with lock:
                if active == at:
                    active, try_home = (at + 1) % len(clients), time.monotonic() + HOME_AFTER
                    print("to region", active, "after:", error, flush=True)


def work(name):
    n = 0
    while True:
        do(lambda c: c.set(f"{name}-{n}", "3 pairs of shoes", ex=600))
        if n % 10 == 9:
            do(lambda c: c.incr(f"customer:{n % 7}"))
            do(lambda c: c.get(f"{name}-{n - 5}"))  # None: an order is gone; a real service would complain
        n += 1
        time.sleep(0.01)


for worker in range(4):
    threading.Thread(target=work, args=(f"order:{secrets.token_hex(3)}-{worker}",), daemon=True).start()
threading.Event().wait()
