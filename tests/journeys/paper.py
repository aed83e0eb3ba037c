"""The paper's craft maker and six small buyers, as goods and orders. Amounts in US cents.

The goods are named otherwise than those of the demo, which may be on the same server.
"""

from dataclasses import dataclass
from typing import Any

ALONE = 10_000
"""30 dollars customs and 70 dollars shipping: what each pays alone."""
TOTAL = 18_142
"""What the six pay together, proven least (contracts/examples)."""


@dataclass(frozen=True, slots=True)
class Order:
    buyer: str
    country: str
    title: str
    quantity: int
    price: int
    weight_g: int
    volume_cm3: int
    lead_days: int
    due: int

    @property
    def value(self) -> int:
        return self.quantity * self.price


BUYERS = (
    Order("shop Leiden", "NL", "Bowl, lacquered", 12, 3_500, 1_500, 10_000, 3, 75),
    Order("shop Gent", "BE", "Basket of rattan", 10, 6_100, 2_600, 19_000, 10, 80),
    Order("coop Bremen", "DE", "Trays, three in a set", 10, 5_500, 2_100, 15_000, 1, 70),
    Order("school Lille", "FR", "Shade for a lamp", 20, 1_900, 600, 4_500, 12, 90),
    Order("museum Basel", "CH", "Jar for flowers", 20, 4_400, 1_500, 10_500, 6, 78),
    Order("shop York", "GB", "Throw of silk", 10, 4_700, 1_900, 14_000, 8, 85),
)

OFFERS: list[dict[str, Any]] = [
    {
        "title": each.title,
        "unit": "piece",
        "price": each.price,
        "weight_g": each.weight_g,
        "volume_cm3": each.volume_cm3,
        "hs_code": "442090",
        "lead_days": each.lead_days,
    }
    for each in BUYERS
]
