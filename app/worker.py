"""The process that does jobs."""

from typing import Final

import procrastinate
import structlog
from procrastinate import jobs as states
from procrastinate.manager import JobManager
from sqlalchemy import Engine, text

from app import jobs, logs, mail, transaction
from app.audits import jobs as audits_jobs
from app.audits import jobs_evidence
from app.cards import jobs as cards_jobs
from app.complaints import jobs as complaints_jobs
from app.consultations import jobs as consultations_jobs
from app.credentials import jobs as credentials_jobs
from app.db import database_url, make_engine, make_sessions
from app.epcis import jobs as epcis_jobs
from app.exchange import jobs as exchange_jobs
from app.freight import jobs as freight_jobs
from app.parcels import jobs as parcels_jobs
from app.payouts import jobs as payouts_jobs
from app.planning import jobs as planning_jobs
from app.settings import Settings
from app.shipping import rate_card_jobs
from app.standing import jobs as standing_jobs
from app.stories import jobs as stories_jobs
from app.tlog import jobs as tlog_jobs
from app.trade import jobs as trade_jobs
from app.votes import jobs as votes_jobs
from app.webhooks import jobs as webhooks_jobs

log = structlog.get_logger()

# Importing them registers their tasks.
SLICES: Final = (
    mail,
    audits_jobs,
    jobs_evidence,
    epcis_jobs,
    exchange_jobs,
    parcels_jobs,
    rate_card_jobs,
    freight_jobs,
    planning_jobs,
    trade_jobs,
    standing_jobs,
    cards_jobs,
    payouts_jobs,
    credentials_jobs,
    stories_jobs,
    tlog_jobs,
    complaints_jobs,
    consultations_jobs,
    votes_jobs,
    webhooks_jobs,
)


@jobs.queue.periodic(cron="*/5 * * * *")
@jobs.queue.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001 - every periodic task gets one
    await give_back(context.app.job_manager, silent=60)


async def give_back(manager: JobManager, *, silent: float) -> None:
    """Give the jobs of workers that died to the others: those not heard of for `silent` seconds. Of equal
    ones, of which one is to wait at a time, one is enough.
    """
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=silent):
        if job.id is None or job.status != states.Status.DOING.value:
            continue
        log.warning("stalled", task=job.task_name, job=job.id)
        try:
            await manager.retry_job(job)
        except procrastinate.exceptions.UniqueViolation:
            await manager.finish_job(job, states.Status.ABORTED, delete_job=True)


@jobs.queue.periodic(cron="40 2 * * *")
@jobs.queue.task(name="forget_old_replies", queueing_lock="forget_old_replies")
def forget_old_replies(timestamp: int) -> None:  # noqa: ARG001 - every periodic task gets one
    with jobs.transaction() as (session, now, _settings):
        transaction.forget_old(session, now)


async def work(settings: Settings, concurrency: int, *, once: bool = False) -> None:
    """Run until told to stop; jobs that run then are finished first. `once`: do what waits, then end."""
    logs.configure(as_json=settings.log_json)
    url = database_url(settings)
    engine = make_engine(url, pool_size=concurrency + 1)
    jobs.around.sessions, jobs.around.settings = make_sessions(engine), settings
    connector = procrastinate.PsycopgConnector(conninfo=url.replace("postgresql+psycopg://", "postgresql://"))
    try:
        with jobs.queue.replace_connector(connector) as queue:
            async with queue.open_async():
                log.info("worker", concurrency=concurrency)
                while True:
                    await queue.run_worker_async(
                        concurrency=concurrency, wait=not once, delete_jobs="successful"
                    )
                    # A job with the lock of the one that asked for it can only be fetched after that.
                    if not once or not _due(engine):
                        return
    finally:
        engine.dispose()


def _due(engine: Engine) -> int:
    """How many jobs could be done now."""
    with engine.connect() as connection:
        waiting = connection.scalar(
            text(
                "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' "
                "AND (scheduled_at IS NULL OR scheduled_at <= now())"
            )
        )
    return waiting or 0
