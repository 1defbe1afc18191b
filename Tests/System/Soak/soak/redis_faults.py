"""Redis emptied, with its memory full, demoted, and behind an address that moves."""

from __future__ import annotations

import time

from .journal import SINKS, Waiting, dead_letters
from .processes import SoakError, free_port, wait_for
from .redis_client import RedisClient
from .scene import Scene, Wait, fault, last, last_longer_than_a_moment
from .servers import Redis


@fault("redis-emptied", "Redis is killed, and comes back with nothing", Wait.WHILE_IT_LASTS)
def redis_emptied(scene: Scene):
    redis = scene.stack.redis
    with redis.client() as client:
        # Nothing is written from here on, so what is read is what will be lost.
        client.call("CLIENT", "PAUSE", 60_000, "WRITE")
        note_what_will_be_lost(scene, client)
        redis.process.kill()
    time.sleep(scene.draw.choice((0, 3)))
    redis.forget_everything()
    redis.start()


def note_what_will_be_lost(scene: Scene, client: RedisClient) -> None:
    heard = {listener.name: listener.last or "0-0" for listener in scene.listeners}
    waiting = Waiting(client, list(heard.values()))
    for sink in SINKS:
        scene.lost.of_sink[sink] |= waiting.for_sink(sink)
    for name, place in heard.items():
        scene.lost.of_listener.setdefault(name, set()).update(waiting.behind(place))
    scene.dead_letters |= dead_letters(client)


@fault("redis-memory", "Redis holds more than its `maxmemory`", Wait.FOR_A_MOMENT)
def redis_memory(scene: Scene):
    with scene.stack.redis.client() as client:
        limit_memory(client)
        last_longer_than_a_moment(scene)
        expect_no_lag(scene, 10)
        client.call("CONFIG", "SET", "maxmemory", 0)


@fault("redis-memory-start", "the same, and both workers were killed before and start then",
       Wait.WHILE_IT_LASTS)
def redis_memory_start(scene: Scene):
    for worker in scene.stack.workers:
        worker.process.kill()
    # So that there is something to store.
    time.sleep(2)
    with scene.stack.redis.client() as client:
        limit_memory(client)
        for worker in scene.stack.workers:
            worker.start()
        # What a killed worker held is taken over within 30 s.
        expect_no_lag(scene, 40)
        client.call("CONFIG", "SET", "maxmemory", 0)


def limit_memory(client: RedisClient) -> None:
    """What all sinks have stored is more than the tenth that has to go: there is room to be made."""
    client.call("CONFIG", "SET", "maxmemory", int(client.info("memory")["used_memory"]) * 9 // 10)


def expect_no_lag(scene: Scene, seconds: float) -> None:
    """While events come in the lag is seldom 0, but it is now and then."""
    try:
        wait_for("lag 0", lambda: set(scene.stack.lag().values()) == {0}, seconds)
    except SoakError:
        scene.complaints.append(
            f"not all was stored within {seconds:.0f} s while Redis was full: {scene.stack.lag()}")


@fault("redis-demoted", "Redis becomes a replica, and is promoted again", Wait.WHILE_IT_LASTS)
def redis_demoted(scene: Scene):
    redis, replica = scene.stack.redis, scene.stack.start_replica()
    hand_over(redis, replica)
    last(scene)
    hand_over(replica, redis)
    scene.stack.stop_replica()


@fault("redis-failover", "Redis becomes a replica, and its address moves to the new master; then back",
       Wait.FOR_A_MOMENT)
def redis_failover(scene: Scene):
    redis, replica = scene.stack.redis, scene.stack.start_replica()
    hand_over(redis, replica, address_too=True)
    last_longer_than_a_moment(scene)
    hand_over(replica, redis, address_too=True)
    scene.stack.stop_replica()


def hand_over(old: Redis, new: Redis, *, address_too: bool = False) -> None:
    """Makes the replica `new` the master of `old`. Nothing is lost: the master waits until the replica has
    everything.

    With `address_too`, `new` then listens where `old` did. Connections to `old` stay open, as when an
    address moves to another machine.
    """
    with old.client() as of_old, new.client() as of_new:
        wait_for(
            "a replica that is connected",
            lambda: f"port={new.port},state=online" in of_old.info("replication").get("slave0", ""))
        of_old.call("FAILOVER", "TO", "127.0.0.1", new.port, "TIMEOUT", 10_000)
        wait_for("the failover", lambda: of_new.call("ROLE")[0] == "master", 15)
        wait_for("the old master's new role", lambda: of_old.call("ROLE")[0] == "slave", 15)
        if address_too:
            address = old.port
            old.port = free_port()
            of_old.call("CONFIG", "SET", "port", old.port)
            of_new.call("CONFIG", "SET", "port", address)
            new.port = address
            of_old.call("REPLICAOF", "127.0.0.1", address)
