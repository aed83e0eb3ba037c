"""Asking the configured source for today's rates. The last good ones stay where it does not answer."""

from typing import Final

import httpx
import structlog

from app import jobs
from app.exchange import published, service

log = structlog.get_logger()
TIMEOUT: Final = httpx.Timeout(20, connect=10)


def fetch(url: str) -> tuple[str, list[published.Published]]:
    """The rates at `url`. Raises httpx.HTTPError or published.Unreadable."""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client, client.stream("GET", url) as reply:
        reply.raise_for_status()
        content = bytearray()
        for part in reply.iter_bytes():
            content += part
            if len(content) > published.MOST_BYTES:
                break
    return published.read(bytes(content))


@jobs.queue.periodic(cron="45 15 * * *")  # the European Central Bank publishes at about 15:00 UTC
@jobs.queue.task(name="fetch_exchange_rates", queueing_lock="fetch_exchange_rates", retry=jobs.RETRY)
def fetch_exchange_rates(timestamp: int) -> None:
    del timestamp
    settings = jobs.around.settings
    if settings is None or not settings.exchange_rates_url:
        return
    try:
        source, rates = fetch(settings.exchange_rates_url)
    except (httpx.HTTPError, published.Unreadable) as fault:
        log.warning("exchange rates", fault=str(fault) or type(fault).__name__)
        raise
    with jobs.transaction() as (session, now, _settings):
        new = service.keep(session, rates, source, now=now)
    log.info("exchange rates", source=source, new=new)
