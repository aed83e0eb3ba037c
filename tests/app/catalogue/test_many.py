"""Ten thousand offers: a page of the catalogue asks the database little, and its filters find what fits."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market
from tests.conftest import FixedClock

OFFERS = """
INSERT INTO offer (id, organisation_id, title, story, unit, price, currency, weight_g, volume_cm3, hs_code,
    cargo_class, lead_days, stock, least_quantity, case_size, state, version, created_at, updated_at)
SELECT gen_random_uuid(), :maker, 'Bowl number ' || n, 'Turned by hand.', 'bowl', 100 + n, 'USD', 500, 3000,
    '441990', CASE WHEN n % 10 = 0 THEN 'cool' ELSE 'ambient' END, 10, CASE WHEN n % 2 = 0 THEN n END, 1, 1,
    'listed', 1, :now, :now
FROM generate_series(1, 10000) AS n
"""


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    said: list[str] = []

    def listen(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("/goods", "10,000 kinds"),
        ("/goods?q=number+77", "280 kinds"),
        ("/goods?cargo=cool", "1,000 kinds"),
        ("/goods?most=2.00&currency=USD", "100 kinds"),
        ("/goods?most=2.00&currency=EUR", "Nothing fits"),
        ("/goods?in_stock=yes&cargo=ambient", "4,000 kinds"),
        ("/goods?page=800", "9,589 to 9,600"),
        ("/makers?q=bowl", "Test lacquer workshop"),
        ("/api/catalogue?in_stock=true&most=300&limit=100", "Bowl number 200"),
    ],
)
def test_a_page_of_ten_thousand_takes_few_queries(
    session: Session,
    market: Market,
    clock: FixedClock,
    client: TestClient,
    engine: Engine,
    address: str,
    count: str,
) -> None:
    session.execute(text(OFFERS), {"maker": market.maker.organisation.id, "now": clock.now})
    session.commit()
    with counted(engine) as said:
        reply = client.get(address)
    assert count in reply.text
    assert len(said) <= 12, "\n".join(said)


def test_makers_of_the_list_are_those_whose_certificate_holds(
    session: Session, market: Market, clock: FixedClock, client: TestClient
) -> None:
    """The list asks the database what `certified` asks of each certificate."""
    scene.offer(session, market.maker.actor, clock.now)
    assert scene.BOWL.title in client.get("/goods").text
    session.execute(text("UPDATE certificate SET status = 'suspended'"))
    session.commit()
    assert scene.BOWL.title not in client.get("/goods").text
