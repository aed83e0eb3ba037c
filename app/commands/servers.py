"""`fairhaul serve` and `fairhaul worker`: the two kinds of process."""

from typing import Annotated

import typer


def serve(
    port: Annotated[int | None, typer.Option(help="Port; default PORT or 8000")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
) -> None:
    """Answer requests: pages and the API.

    Example: `DATABASE_URL=postgresql://... fairhaul serve --port 8000`
    """
    import uvicorn

    from app.settings import settings

    config = settings()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host or config.host,
        port=port or config.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=10,
    )


def worker(
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Jobs at the same time")] = 2,
    once: Annotated[bool, typer.Option("--once", help="Do what waits, then end")] = False,
) -> None:
    """Do the jobs: mail, closing and planning pools, daily checks.

    Start as many as you like, on as many machines as you like, on the same database.
    """
    import asyncio

    from app import worker as work
    from app.settings import settings

    asyncio.run(work.work(settings(), concurrency, once=once))
