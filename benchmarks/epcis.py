"""How quickly a million EPCIS events are asked for: each query beside the same one without its index.

    python -m benchmarks.epcis --events 1000000

An embedded server of its own is filled by bulk SQL. The ratio is against a baseline of the same run: reading
the table from end to end for the same page.
"""

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.commands.database import upgrade
from app.db import make_engine, uuid7
from app.embedded import create_database, ensure_running
from app.epcis.naming import names
from app.epcis.querying import find, read_query

START = datetime(2026, 1, 1, tzinfo=UTC)
FILL = """
INSERT INTO epcis_event (organisation_id, uri, hash, declares_error, kind, action, event_time, record_time,
    biz_step, disposition, read_point, biz_location, marks, body)
SELECT :organisation, 'urn:demo:event:' || n, 'h' || n, false,
    CASE WHEN n % 10 < 7 THEN 'ObjectEvent'
        WHEN n % 10 < 9 THEN 'AggregationEvent' ELSE 'TransactionEvent' END,
    CASE WHEN n % 3 = 0 THEN 'ADD' ELSE 'OBSERVE' END, :start + n * interval '7 seconds',
    :start + n * interval '7 seconds',
    (ARRAY['packing', 'departing', 'arriving', 'receiving', 'storing'])[1 + n % 5],
    CASE WHEN n % 2 = 0 THEN 'in_transit' ELSE 'in_progress' END,
    'urn:demo:gate:' || n % 500, 'urn:demo:hub:' || n % 50,
    ARRAY['eurn:demo:thing:' || n % 200000, 'tpo urn:demo:order:' || n % 50000],
    jsonb_build_object('type', 'ObjectEvent', 'eventID', 'urn:demo:event:' || n, 'bizStep', 'storing',
        'epcList', jsonb_build_array('urn:demo:thing:' || n % 200000))
FROM generate_series(:first, :last) AS n
"""
QUERIES: dict[str, dict[str, list[str]]] = {
    "the last 30": {},
    "a business step": {"EQ_bizStep": ["arriving"]},
    "a step that never was": {"EQ_bizStep": ["killing"]},
    "an object": {"MATCH_anyEPC": ["urn:demo:thing:77"]},
    "an order": {"EQ_bizTransaction_po": ["urn:demo:order:123"]},
    "a gate in a day": {
        "EQ_readPoint": ["urn:demo:gate:42"],
        "GE_eventTime": ["2026-02-01T00:00:00Z"],
        "LT_eventTime": ["2026-02-02T00:00:00Z"],
    },
}


def fill(session: Session, count: int) -> UUID:
    organisation = uuid7(START)
    session.execute(
        text(
            "INSERT INTO organisation (id, slug, name, kind, country, region, place, about, works_as, "
            "product_kinds, traits, contact_email, website, listed, demo, created_at) "
            "VALUES (:id, 'bench', 'Demo bench', 'producer', 'VN', "
            " 'Asia', '', '', 'producer', '{}', '{}', '', '', false, true, :at)"
        ),
        {"id": organisation, "at": START},
    )
    session.execute(text("SET LOCAL statement_timeout = 0"))
    step = 100_000
    for first in range(0, count, step):
        session.execute(
            text(FILL),
            {
                "organisation": organisation,
                "start": START,
                "first": first,
                "last": min(first + step, count) - 1,
            },
        )
    session.commit()
    return organisation


def milliseconds(session: Session, organisation: UUID, parameters: dict[str, list[str]], times: int) -> float:
    query, taken = read_query(parameters), []
    for _ in range(times):
        begun = time.perf_counter()
        find(session, organisation, query, limit=30, token=None)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    with tempfile.TemporaryDirectory() as folder:
        server = ensure_running(Path(folder), durable=False)
        url = create_database(server, "bench")
        upgrade(url)
        engine = make_engine(url)
        try:
            with Session(engine) as session:
                begun = time.perf_counter()
                organisation = fill(session, count)
                session.execute(text("ANALYZE epcis_event"))
                session.commit()
                print(f"{count:,} events stored in {time.perf_counter() - begun:.0f} s")
                print(f"{'query':<24}{'ms':>10}{'scan ms':>12}{'ratio':>10}")
                for name, parameters in QUERIES.items():
                    quick = milliseconds(session, organisation, parameters, 5)
                    for setting in ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"):
                        session.execute(text(f"SET {setting} = off"))
                    scan = milliseconds(session, organisation, parameters, 1)
                    session.execute(text("RESET ALL"))
                    print(f"{name:<24}{quick:>10.1f}{scan:>12.1f}{scan / quick:>10.0f}")
                token, deep = None, 0.0
                for _ in range(20):
                    begun = time.perf_counter()
                    token = find(session, organisation, read_query({}), limit=1000, token=token).next_token
                    deep = (time.perf_counter() - begun) * 1000
                print(f"{'page 20 of 1,000':<24}{deep:>10.1f}")
                begun = time.perf_counter()
                found = names(session, organisation, "readPoints", after="", limit=1000)
                taken = (time.perf_counter() - begun) * 1000
                print(f"{f'all {len(found)} read points':<24}{taken:>10.1f}")
        finally:
            engine.dispose()
            server.remove()


if __name__ == "__main__":
    main()
