"""Amounts by item and payee add up in every direction, whatever the split."""

from hypothesis import given
from hypothesis import strategies as st

from app.trade.itemising import Cost, Item, Part, Payee, PayeeKind, by_item, parts_of, spread

AMOUNT = st.integers(0, 100_000)


@given(st.dictionaries(st.text(min_size=1, max_size=3), AMOUNT, min_size=1, max_size=8), AMOUNT)
def test_spread_takes_what_is_there_and_never_more(room: dict[str, int], amount: int) -> None:
    shares = spread(amount, room)
    assert sum(shares.values()) == min(amount, sum(room.values()))
    assert all(0 <= shares[name] <= room[name] for name in room)


@given(AMOUNT, st.integers(1, 9))
def test_equal_rooms_differ_by_one_at_most(amount: int, count: int) -> None:
    shares = spread(amount, {str(at): 200_000 for at in range(count)}).values()
    assert max(shares) - min(shares) <= 1


@st.composite
def splits(draw: st.DrawFn) -> tuple[list[Cost], dict[str, int]]:
    """Costs of up to 6 buyers, and any amounts of 0 or more that sum to them."""
    buyers = [f"buyer-{at}" for at in range(draw(st.integers(1, 6)))]
    costs = [
        Cost(
            draw(st.sampled_from(Item)),
            Payee(draw(st.sampled_from(PayeeKind)), draw(st.sampled_from("abc"))),
            draw(AMOUNT),
            frozenset(draw(st.sets(st.sampled_from(buyers), min_size=1))),
        )
        for _ in range(draw(st.integers(0, 8)))
    ]
    total = sum(cost.amount for cost in costs)
    cuts = sorted(draw(st.integers(0, total)) for _ in buyers[1:])
    edges = [0, *cuts, total]
    return costs, {buyer: edges[at + 1] - edges[at] for at, buyer in enumerate(buyers)}


@given(splits())
def test_every_buyer_and_every_payee_is_exact(given_: tuple[list[Cost], dict[str, int]]) -> None:
    costs, amounts = given_
    parts = parts_of(costs, amounts)
    assert {buyer: sum(part.amount for part in own) for buyer, own in parts.items()} == amounts
    assert all(part.amount > 0 for own in parts.values() for part in own)
    for payee in {cost.payee for cost in costs}:
        paid = sum(part.amount for own in parts.values() for part in own if part.payee == payee)
        assert paid == sum(cost.amount for cost in costs if cost.payee == payee)


def test_what_one_causes_alone_is_its_own_where_its_amount_reaches() -> None:
    customs, carrier = Payee(PayeeKind.CUSTOMS, "NLRTM"), Payee(PayeeKind.CARRIER, "sea")
    costs = [
        Cost(Item.CUSTOMS, customs, 500, frozenset({"a"})),
        Cost(Item.CUSTOMS, customs, 500, frozenset({"b"})),
        Cost(Item.FREIGHT, carrier, 9200, frozenset({"a", "b"})),
    ]
    assert parts_of(costs, {"a": 9900, "b": 300}) == {
        "a": [
            Part(Item.FREIGHT, carrier, 9200),
            Part(Item.FREIGHT, customs, 200),
            Part(Item.CUSTOMS, customs, 500),
        ],
        "b": [Part(Item.CUSTOMS, customs, 300)],
    }
    assert by_item(parts_of(costs, {"a": 9900, "b": 300})["a"]) == {Item.CUSTOMS: 500, Item.FREIGHT: 9400}
