"""What customs count as the value of goods: freight to the border is in it, or is not."""

from dataclasses import dataclass
from typing import Final

from logistics.customs.tariff import Destination


@dataclass(frozen=True, slots=True)
class Valuation:
    """`freight`: whether the cost of bringing the goods to the border is a part of the dutiable value."""

    freight: bool
    words: str
    source: str
    address: str


VALUATION: Final = {
    Destination.US: Valuation(
        False,
        "price of the goods, without freight and insurance from the country of export",
        "19 U.S.C. 1401a (b) (4) (A)",
        "https://www.law.cornell.edu/uscode/text/19/1401a",
    ),
    Destination.EU: Valuation(
        True,
        "price of the goods and the cost of bringing them to the border of the Union",
        "Regulation (EU) No 952/2013, article 71 (1) (e)",
        "https://eur-lex.europa.eu/eli/reg/2013/952",
    ),
    Destination.GB: Valuation(
        True,
        "price of the goods and the cost of bringing them to the border of the UK",
        "HM Revenue & Customs: delivery costs to include in the customs value",
        "https://www.gov.uk/guidance/delivery-costs-to-include-in-the-customs-value",
    ),
}


def dutiable(destination: Destination, goods: int, shipping: int) -> int:
    """The value for duty, in minor units. All of the shipping is counted where the law counts what is paid up
    to the border: that is never too low.
    """
    return goods + shipping if VALUATION[destination].freight else goods
