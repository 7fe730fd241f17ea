"""A mixed load, for the open loop: four GETs to a PUT, of values of many sizes, some of which expire."""
import random

from . import batch, openloop
from .settings import PROJECT, key

IMAGE = f"-XX:Flags={PROJECT / 'knative/image/defaults'}"  # what the JVM is told in the image
LEAST, MOST = 100, 1_000  # bytes of a value
TTL_SECONDS = 10
REQUESTS = 1_000  # that are sent round and round, each to a random key


def about(expiring):
    return (f"80 % GET, 20 % PUT of {LEAST} to {MOST:,} bytes, {expiring:.0%} of them with a time to live of "
            f"{TTL_SECONDS} s, keys at random")


def element(number):
    size = LEAST + number * 367 % (MOST - LEAST + 1)
    return f'{{"key":"{key(number)}","value":"{"x" * size}"}}'


def fill(subject, begin, end):
    batch.fill(subject.port, (element(number) for number in range(begin, end)))


def write_requests(file, subject, expiring):
    """Writes the requests, where a share of the PUTs has a time to live."""
    random_numbers = random.Random(1)
    gets = [subject.get_request(key(0))] * (REQUESTS * 4 // 5)
    puts = []
    for number in range(REQUESTS - len(gets)):
        request = subject.put_request(key(0), "x" * random_numbers.randint(LEAST, MOST))
        if number < expiring * (REQUESTS - len(gets)):
            request = request.replace(b"\r\n", b"\r\nKV-TTL: %d\r\n" % TTL_SECONDS, 1)
        puts.append(request)
    requests = gets + puts
    random_numbers.shuffle(requests)
    openloop.write_requests(file, requests)
