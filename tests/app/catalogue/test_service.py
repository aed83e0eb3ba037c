"""Use cases of terms and offers on the real database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import listing, service
from app.catalogue.listing import Wish
from app.catalogue.models import Offer, OfferState, Terms
from app.catalogue.service import Stale, TermsSaid
from app.errors import Faulty, Missing, Refusal
from app.history import Happening
from app.organisations.models import Kind
from tests.app.catalogue import scene
from tests.app.catalogue.conftest import Market, new_maker
from tests.app.catalogue.scene import BOWL
from tests.app.making import Making
from tests.conftest import FixedClock


def said(market: Market, **more: Any) -> TermsSaid:
    return replace(TermsSaid(market.hub.id, "USD", 250000, 9000, 3000, 7000), **more)


def test_only_what_a_certified_maker_lists_at_the_hub_can_be_pooled(
    session: Session, market: Market, make: Making, clock: FixedClock
) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    scene.offer(session, market.applicant.actor, clock.now)
    withdrawn = scene.offer(session, market.maker.actor, clock.now, title="Box")
    service.withdraw_offer(session, market.maker.actor, withdrawn.id, now=clock.now)
    elsewhere = scene.hub(
        session, make.organisation(Kind.HUB, "Test hub Rotterdam", "NL"), "NLRTM", "Rotterdam"
    )
    today = clock.now.date()
    assert [
        (o.id, t.minimum_order, m.name) for o, t, m in service.poolable_offers(session, market.hub.id, today)
    ] == [
        (offer.id, 300000, "Test lacquer workshop"),
    ]
    assert service.poolable_offers(session, elsewhere.id, today) == []
    assert service.poolable_offers(session, market.hub.id, today + timedelta(days=1000)) == []


def test_terms_are_stated_then_changed_on_their_newest_version(
    session: Session, market: Market, make: Making, clock: FixedClock
) -> None:
    actor = new_maker(session, make, "Test potters").actor
    first = service.save_terms(session, actor, said(market), version=None, now=clock.now)
    assert first.version == 1
    second = service.save_terms(session, actor, said(market, minimum_order=1), version=1, now=clock.now)
    assert (second.version, second.minimum_order) == (2, 1)
    for old in (None, 1):
        with pytest.raises(Stale):
            service.save_terms(session, actor, said(market, minimum_order=2), version=old, now=clock.now)
    assert service.terms_of(session, [actor.organisation_id])[actor.organisation_id].minimum_order == 1
    told = session.scalars(select(Happening).where(Happening.action == "stated its terms")).all()
    assert [each.facts["terms"]["minimum_order"] for each in told] == ["250000", "1"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hub_id", uuid4()),
        ("currency", "XXX"),
        ("minimum_order", -1),
        ("small_order_fee", 10**12),
        ("direct_customs", -5),
        ("direct_shipping", 10**30),
    ],
)
def test_faulty_terms_name_the_field(
    session: Session, market: Market, clock: FixedClock, field: str, value: object
) -> None:
    with pytest.raises(Faulty) as refused:
        service.save_terms(
            session, market.maker.actor, said(market, **{field: value}), version=1, now=clock.now
        )
    assert list(refused.value.fields) == [field]


def test_the_currency_stays_while_offers_are_listed_in_it(
    session: Session, market: Market, clock: FixedClock
) -> None:
    actor = market.maker.actor
    offer = scene.offer(session, actor, clock.now)
    with pytest.raises(Faulty, match="Mend") as refused:
        service.save_terms(session, actor, said(market, currency="EUR"), version=1, now=clock.now)
    assert refused.value.fields["currency"].startswith("1 of your offers")
    service.withdraw_offer(session, actor, offer.id, now=clock.now)
    service.save_terms(session, actor, said(market, currency="EUR"), version=1, now=clock.now)
    with pytest.raises(Refusal, match="priced in USD"):
        service.list_offer(session, actor, offer.id, now=clock.now)
    changed = service.change_offer(
        session, actor, offer.id, replace(BOWL, price=1100), version=2, now=clock.now
    )
    assert changed.currency == "EUR"
    assert service.list_offer(session, actor, offer.id, now=clock.now).state == OfferState.LISTED


def test_goods_are_offered_only_on_terms(session: Session, make: Making, clock: FixedClock) -> None:
    with pytest.raises(Refusal, match="State your terms first"):
        service.add_offer(session, new_maker(session, make, "Test potters").actor, BOWL, now=clock.now)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "  "),
        ("title", "x" * 121),
        ("story", "x" * 2001),
        ("unit", ""),
        ("price", 0),
        ("price", -1200),
        ("price", 10**12),
        ("weight_g", 0),
        ("weight_g", 10**9),
        ("volume_cm3", -1),
        ("hs_code", "44199"),
        ("hs_code", "44199012345"),
        ("hs_code", "4419.90"),
        ("hs_code", "000000"),
        ("hs_code", "770100"),
        ("hs_code", "990000"),
        ("hs_code", "٤٤١٩٩٠"),
        ("cargo_class", "frozen"),
        ("lead_days", -1),
        ("lead_days", 366),
        ("stock", -1),
        ("least_quantity", 0),
        ("case_size", 0),
        ("picture", "../logo.svg"),
    ],
)
def test_a_faulty_offer_names_the_field(
    session: Session, market: Market, clock: FixedClock, field: str, value: Any
) -> None:
    with pytest.raises(Faulty) as refused:
        service.add_offer(session, market.maker.actor, replace(BOWL, **{field: value}), now=clock.now)
    assert list(refused.value.fields) == [field]


def test_weight_and_size_in_the_wrong_unit_are_seen(
    session: Session, market: Market, clock: FixedClock
) -> None:
    for wrong, field in (
        (replace(BOWL, weight_g=700_000), "weight_g"),
        (replace(BOWL, volume_cm3=4_600_000), "volume_cm3"),
    ):
        with pytest.raises(Faulty) as refused:
            service.add_offer(session, market.maker.actor, wrong, now=clock.now)
        assert "unit" in refused.value.fields[field]


def test_an_old_version_changes_nothing(session: Session, market: Market, clock: FixedClock) -> None:
    actor = market.maker.actor
    offer = scene.offer(session, actor, clock.now)
    service.change_offer(session, actor, offer.id, replace(BOWL, price=1300), version=1, now=clock.now)
    with pytest.raises(Stale):
        service.change_offer(session, actor, offer.id, replace(BOWL, price=1), version=1, now=clock.now)
    assert (offer.price, offer.version) == (1300, 2)
    changed = session.scalars(select(Happening).where(Happening.action == "changed")).one()
    assert changed.facts["before"] == {"price": 1200}


def test_saving_the_same_again_is_no_change(session: Session, market: Market, clock: FixedClock) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    service.change_offer(session, market.maker.actor, offer.id, BOWL, version=1, now=clock.now)
    assert offer.version == 1


def test_anothers_offer_is_missing(session: Session, market: Market, clock: FixedClock) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    other = market.applicant.actor
    with pytest.raises(Missing):
        service.change_offer(session, other, offer.id, BOWL, version=1, now=clock.now)
    with pytest.raises(Missing):
        service.withdraw_offer(session, other, offer.id, now=clock.now)


def test_withdrawing_twice_is_once(session: Session, market: Market, clock: FixedClock) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    for _ in range(2):
        service.withdraw_offer(session, market.maker.actor, offer.id, now=clock.now)
    assert (offer.state, offer.version) == (OfferState.WITHDRAWN, 2)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ca phe", ["Cà phê Đắk Lắk"]),
        ("CÀ PHÊ dak", ["Cà phê Đắk Lắk"]),
        ("lacquer", ["Lacquer bowl, 14 cm", "Cà phê Đắk Lắk"]),
        ("441990 bowl", ["Lacquer bowl, 14 cm"]),
        ("100%", []),
        ("_", []),
        ("bowl coffee", []),
        ("", ["Lacquer bowl, 14 cm", "Cà phê Đắk Lắk"]),
    ],
)
def test_goods_are_found_by_folded_words_of_title_story_code_and_maker(
    session: Session, market: Market, clock: FixedClock, words: str, found: list[str]
) -> None:
    actor = market.maker.actor
    scene.offer(session, actor, clock.now)
    scene.offer(session, actor, clock.now, title="Cà phê Đắk Lắk", story="", hs_code="090111")
    makers = listing.certified_makers(clock.now.date())
    part = listing.find_offers(session, makers, Wish(words=words))
    assert sorted(offer.title for offer, _ in part.rows) == sorted(found)
    assert part.count == len(found)


def test_makers_are_found_by_their_words_their_goods_country_and_kind(
    session: Session, market: Market, make: Making, clock: FixedClock
) -> None:
    market.certify(session, market.applicant, clock)
    market.applicant.organisation.product_kinds = ["crafts"]
    market.applicant.organisation.place = "Sololá"
    session.commit()
    scene.offer(session, market.maker.actor, clock.now)
    makers = listing.certified_makers(clock.now.date())

    def names(**wish: Any) -> list[str]:
        return [card.maker.name for card in listing.find_makers(session, makers, Wish(**wish)).rows]

    assert names() == ["Test lacquer workshop", "Test weavers"]
    assert names(words="solola") == ["Test weavers"]
    assert names(words="mango wood") == ["Test lacquer workshop"]
    assert names(country="GT") == ["Test weavers"]
    assert names(product="crafts") == ["Test weavers"]
    assert names(product="food") == []


def test_pages_of_goods_neither_skip_nor_repeat(session: Session, market: Market, clock: FixedClock) -> None:
    titles = [f"Bowl {number:02}" for number in range(7)]
    for title in titles:
        scene.offer(session, market.maker.actor, clock.now, title=title)
    makers = listing.certified_makers(clock.now.date())
    parts = [listing.find_offers(session, makers, Wish(), number=n, size=3) for n in (1, 2, 3)]
    assert sorted(offer.title for part in parts for offer, _ in part.rows) == titles
    assert [(part.first, part.last, part.more) for part in parts] == [
        (1, 3, True),
        (4, 6, True),
        (7, 7, False),
    ]
    seen: list[str] = []
    after = None
    while rows := listing.offers_after(session, makers, Wish(), after=after, limit=2):
        seen += [offer.title for offer, _ in rows]
        after = rows[-1][0].id
    assert sorted(seen) == titles


def test_the_database_itself_refuses_nonsense(session: Session, market: Market, clock: FixedClock) -> None:
    offer = scene.offer(session, market.maker.actor, clock.now)
    assert session.get(Terms, market.maker.organisation.id)
    for change in ({"price": 0}, {"case_size": 0}, {"stock": -1}):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(update(Offer).where(Offer.id == offer.id).values(**change))
