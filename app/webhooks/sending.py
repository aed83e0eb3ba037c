"""One request to another system's address: never to a private one, and never for long.

The name is resolved once, every address that it has is checked, and the connection goes to a checked address:
a name that means another address a moment later changes nothing.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import httpcore
import httpx

SECONDS: Final = 20.0
"""For all of it: an address that answers slowly must not hold a worker."""
MOST_READ: Final = 2000
"""Bytes of an answer that are read."""
MOST_KEPT: Final = 200
"""Characters of it that the log keeps."""
ERRNO: Final = re.compile(r"\[Errno -?\d+\] ")
"""A number that says nothing to who keeps the address."""
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: an IPv4 address stands at its end


class NotPublic(Exception):  # noqa: N818 - a rule, not an accident
    """The name means an address that only a local network has."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` None: nothing did, `words` say why. `retry_after`: seconds, if asked for."""

    status: int | None
    words: str
    milliseconds: int = 0
    retry_after: int | None = None

    @property
    def good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Whether an IP address can be reached by everybody, and not by this machine or its network alone."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return is_public(str(ip.ipv4_mapped))
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour or ip.teredo:  # tunnels, which may lead anywhere
            return False
    return ip.is_global and not ip.is_multicast


def checked_address(host: str, port: int, *, private: bool) -> str:
    """The first address of a name. NotPublic: one of its addresses is private, and these are not allowed."""
    found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private and not all(is_public(each) for each in found):
        raise NotPublic
    return found[0]


class _InTime(httpcore.NetworkStream):
    """A stream that ends at a moment, however busy it is."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until

    def _left(self, timeout: float | None) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(timeout, left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _InTime(self._stream.start_tls(ssl_context, server_hostname, self._left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Checked(httpcore.SyncBackend):
    """Connects to addresses that were checked."""

    def __init__(self, *, private: bool) -> None:
        super().__init__()
        self._private, self._until = private, time.monotonic() + SECONDS

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        address = checked_address(host, port, private=self._private)
        return _InTime(
            super().connect_tcp(address, port, timeout, local_address, socket_options), self._until
        )


@lru_cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@dataclass(frozen=True, slots=True)
class Reply:
    """What an address gave back. `status` None: nothing did, `words` say why. `body`: at most what was asked
    for; `whole`: that was all of it.
    """

    status: int | None
    headers: Mapping[str, str]  # names in small letters
    body: bytes
    words: str
    milliseconds: int
    whole: bool = True


def ask(url: str, headers: Mapping[str, str], body: bytes, *, private: bool = False, most: int) -> Reply:
    """POST `body` and read at most `most` bytes; redirects are not followed, nothing is unpacked. `private`:
    local addresses, and http, are allowed.
    """
    began = time.monotonic()

    def spent() -> int:
        return int((time.monotonic() - began) * 1000)

    def nothing(words: str) -> Reply:
        return Reply(None, {}, b"", words, spent())

    wait = {"connect": SECONDS / 2, "read": SECONDS, "write": SECONDS, "pool": SECONDS}
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_trust(), network_backend=_Checked(private=private), max_connections=1
            ) as pool,
            pool.stream(
                "POST",
                url,
                headers=[(name.encode(), value.encode()) for name, value in headers.items()],
                content=body,
                extensions={"timeout": wait},
            ) as reply,
        ):
            read = b""
            for part in reply.iter_stream():
                read += part
                if len(read) > most:
                    break
            named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reply.headers}
            return Reply(reply.status, named, read[:most], "", spent(), whole=len(read) <= most)
    except NotPublic:
        return nothing("The address is a private one: it cannot be reached from here.")
    except httpcore.TimeoutException:
        return nothing(f"No answer within {SECONDS:.0f} seconds.")
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as fault:
        return nothing(_readable(f"No connection: {ERRNO.sub('', str(fault))}".encode()))


def send(url: str, headers: Mapping[str, str], body: bytes, *, private: bool = False) -> Answer:
    """The same, where the answer matters little."""
    reply = ask(url, headers, body, private=private, most=MOST_READ)
    words = reply.words or _readable(reply.body)
    return Answer(reply.status, words, reply.milliseconds, _seconds(reply.headers.get("retry-after")))


def _readable(answer: bytes) -> str:
    text = answer[:MOST_READ].decode("utf-8", "replace")
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:MOST_KEPT]


def _seconds(asked: str | None) -> int | None:
    return int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < 7 else None
