"""The job that loads a shipment; the search for room runs outside of any transaction."""

from uuid import UUID

from app import jobs


@jobs.queue.task(name="load_shipment", retry=jobs.RETRY)
def load_shipment(shipment_id: str, attempt: int) -> None:
    from app.parcels import loading
    from logistics import InvalidInput
    from logistics.loading import check_loading, load_low

    of = UUID(shipment_id)
    with jobs.transaction() as (session, _now, _settings):
        asked = loading.begin(session, of, attempt)
    if asked is None:
        return
    parcels, holds = asked

    def told(count: int) -> None:
        with jobs.transaction() as (session, _now, _settings):
            loading.progress(session, of, attempt, 95 * count // len(holds))

    try:
        made = load_low(parcels, holds, told=told)
    except InvalidInput as fault:
        with jobs.transaction() as (session, now, _settings):
            loading.give_up(session, of, attempt, str(fault), now=now)
        return
    faults = check_loading(parcels, holds, made).faults
    with jobs.transaction() as (session, now, _settings):
        loading.keep(session, of, attempt, made, faults, now=now)
