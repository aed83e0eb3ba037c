"""A shipment's parcels go into containers: planned by a job, checked, shown, printed, and renewed."""

from collections.abc import Callable

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.parcels import loading, measured
from app.parcels.models import LoadingPlan
from app.shipping import packing
from app.shipping.packing import PackingSaid
from app.trade.models import OrderLine
from logistics.loading import TYPES, check_loading
from tests.app.shipping.conftest import Booked
from tests.conftest import FixedClock, SignIn

Run = Callable[[], list[str]]


def state_packing(session: Session, booked: Booked, clock: FixedClock, *said: PackingSaid) -> list[OrderLine]:
    lines = packing.packable(session, booked.lane.saigon.actor, booked.shipment.id)
    for line, each in zip(lines, said, strict=True):
        packing.pack(session, booked.lane.saigon.actor, booked.shipment.id, line.id, each, now=clock.now)
    session.commit()
    return lines


def test_a_shipment_is_loaded_by_a_job_and_what_does_not_fit_is_named(
    session: Session, booked: Booked, clock: FixedClock, as_person: SignIn, run_jobs: Run
) -> None:
    hub = as_person(booked.lane.saigon.person.id)
    here = f"/shipments/{booked.shipment.id}/loading"
    assert "are estimated from their goods" in hub.get(here).text or "is estimated" in hub.get(here).text
    state_packing(
        session,
        booked,
        clock,
        PackingSaid(5, 6_000, 7_001, "", "", (400, 300, 300), turnable=True, stackable=True),
        PackingSaid(2, 6_000, 7_000, "", "", (2000, 900, 900), stackable=False),
    )
    parcels = measured.parcels_of(session, booked.shipment.id)
    assert sorted(each.weight_g for each in parcels) == [1400, 1400, 1400, 1400, 1401, 3500, 3500]
    assert not any(each.estimated for each in parcels)

    faulty = hub.post(here, data={"20GP": "no", "EUR": "99"})
    assert faulty.status_code == 422
    assert hub.post(here, data={}).status_code == 422
    assert hub.post(here, data={"PAL": "1"}).status_code == 303
    assert "The plan is being made" in hub.get(here).text
    session.expire_all()
    assert "load_shipment" in run_jobs()
    session.expire_all()
    shown = hub.get(here).text
    assert "2 parcels do not fit" in shown
    assert "Too large for every container" in shown
    assert "no fault found" in shown
    assert "<svg" in shown
    paper = hub.get(f"{here}.pdf")
    assert paper.content.startswith(b"%PDF")
    assert paper.content == hub.get(f"{here}.pdf").content

    assert hub.post(here, data={"20GP": "1", "PAL": "0"}).status_code == 303
    run_jobs()
    session.expire_all()
    kept = loading.plan_of(session, booked.shipment.id)
    assert kept is not None
    assert kept.loading is not None
    assert kept.loading.left_out == ()
    assert check_loading(kept.parcels, kept.holds, kept.loading).ok
    assert kept.holds[0].payload_g == 21_700_000  # the carrier's limit
    assert {p.parcel.consignee for p in kept.loading.loads[0].placements} == {
        "Test shop Leiden",
        "Test co-op Gent",
    }
    state_packing(
        session,
        booked,
        clock,
        PackingSaid(4, 6_000, 7_000, "", "", (400, 300, 300)),
        PackingSaid(2, 6_000, 7_000, "", ""),
    )
    assert "Parcels have changed since" in hub.get(here).text

    # A job of an earlier question changes nothing.
    row = session.get_one(LoadingPlan, booked.shipment.id)
    assert loading.begin(session, booked.shipment.id, row.attempt - 1) is None
    for other in (booked.shop, booked.maker):
        assert as_person(other.person.id).get(here).status_code in {403, 404}


def test_half_a_measure_is_refused(session: Session, booked: Booked, as_person: SignIn) -> None:
    line = session.scalars(select(OrderLine.id).order_by(OrderLine.id)).first()
    maker: TestClient = as_person(booked.maker.person.id)
    typed = {"packages": "2", "net": "6", "gross": "7", "length": "40", "width": "", "height": ""}
    reply = maker.post(f"/shipments/{booked.shipment.id}/packing/{line}", data=typed)
    assert reply.status_code == 422
    assert "or none of them" in reply.text
    typed |= {"width": "30", "height": "25.5", "fragile": "yes"}
    assert maker.post(f"/shipments/{booked.shipment.id}/packing/{line}", data=typed).status_code == 303
    assert 'value="25.5"' in maker.get(f"/shipments/{booked.shipment.id}/packing").text


@given(st.integers(0, 10**9), st.integers(1, 500))
def test_weights_are_spread_to_the_gram(whole: int, count: int) -> None:
    parts = measured.even(whole, count)
    assert sum(parts) == whole
    assert max(parts) - min(parts) <= 1


@given(st.integers(1, 10**10))
def test_an_estimated_box_holds_no_more_than_its_goods(volume: int) -> None:
    length, width, height = measured.box_of(volume)
    assert 0 < length * width * height <= volume
    if volume > 10**6:
        assert length * width * height > volume * 0.95
        assert 1 <= length / height < 2


def test_containers_are_at_least_what_the_standard_says_and_doors_pass_pallets() -> None:
    assert {each.source.split(",")[0] for each in TYPES.values() if not each.pallet} == {"ISO 668:2020"}
    assert TYPES["40HC"].height - TYPES["40GP"].height == 305  # a foot
    assert all(each.height + 144 <= 1800 for each in TYPES.values() if each.pallet)
    assert TYPES["20GP"].hold("a", 1).payload_g == 1
    assert TYPES["20GP"].hold("a", 10**9).payload_g == TYPES["20GP"].payload_g
