"""The demo's world: who, where, what for how much. None of them exists; their names begin with "Demo".

The craft maker, its six buyers, its sailings and its terms are the example of a paper on the World Fair Trade
Organization: orders from 3,000 dollars, or 30 dollars customs and 70 dollars shipping for each shipment.
"""

from dataclasses import dataclass
from typing import Any, Final

from app.organisations.models import Kind
from app.permissions import Role


@dataclass(frozen=True, slots=True)
class Member:
    account: str  # before the @ of its address
    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Body:
    key: str
    name: str
    kind: Kind
    country: str
    place: str
    about: str
    members: tuple[Member, ...]
    # producers
    stage: str = ""  # of certification, see app.audits.demo
    works_as: str = "producer"
    goods: tuple[str, ...] = ()
    people: tuple[int, int] = (0, 0)  # members, employees
    traits: tuple[str, ...] = ()
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    code: str  # UN/LOCODE
    name: str
    country: str
    latitude: str
    longitude: str
    keeper: str  # key of the body that operates it


@dataclass(frozen=True, slots=True)
class Lane:
    code: str
    carrier: str
    mode: str
    origin: str
    destination: str
    classes: tuple[str, ...]
    tariff: dict[str, Any]
    first: int  # departure, in days from the pool's closing
    every: int
    transit: int


@dataclass(frozen=True, slots=True)
class Good:
    maker: str
    title: str
    story: str
    unit: str
    price: int
    weight_g: int
    volume_cm3: int
    hs_code: str
    lead_days: int
    picture: str
    cargo_class: str = "ambient"
    case_size: int = 1


def _one(account: str, name: str, *roles: Role) -> tuple[Member, ...]:
    return (Member(account, name, roles),)


PLATFORM: Final = (
    Body(
        "platform",
        "Demo platform",
        Kind.PLATFORM,
        "NL",
        "Utrecht",
        "Runs this demonstration.",
        (
            Member("operator", "Demo operator", (Role.OPERATOR,)),
            Member("treasurer", "Demo treasurer", (Role.OPERATOR,)),  # releases what the operator proposes
            Member("ombudsperson", "Demo ombudsperson", (Role.OMBUDSPERSON,)),
        ),
    ),
    Body(
        "certifier",
        "Demo certification body",
        Kind.CERTIFIER,
        "IN",
        "Pune",
        "Audits producers and decides on certificates in this demonstration.",
        (
            Member("auditor", "Demo auditor", (Role.AUDITOR,)),
            Member("auditor-two", "Demo second auditor", (Role.AUDITOR,)),
            Member("decision-maker", "Demo decision maker", (Role.DECISION_MAKER,)),
            Member("programme", "Demo programme manager", (Role.PROGRAMME,)),
            Member("decision-maker-two", "Demo second decision maker", (Role.DECISION_MAKER,)),
        ),
    ),
    Body(
        "appeals",
        "Demo appeals board",
        Kind.CIVIL_SOCIETY,
        "GH",
        "Accra",
        "Hears appeals against decisions on certificates in this demonstration.",
        (
            Member("appeals", "Demo appeal panel member", (Role.APPEAL,)),
            Member("appeals-two", "Demo second appeal panel member", (Role.APPEAL,)),
        ),
    ),
    Body(
        "watch",
        "Demo office of complaints",
        Kind.CIVIL_SOCIETY,
        "KE",
        "Nairobi",
        "Looks at complaints in which the platform's own ombudsperson has a part, and at appeals.",
        _one("ombudsperson-two", "Demo second ombudsperson", Role.OMBUDSPERSON),
    ),
)

HUBS: Final = (
    Body("hub-saigon", "Demo hub Saigon", Kind.HUB, "VN", "Ho Chi Minh City", "Consolidates goods of southern Vietnam.",
         _one("hub-saigon", "Demo hub operator, Saigon", Role.HUB)),
    Body("hub-mombasa", "Demo hub Mombasa", Kind.HUB, "KE", "Mombasa", "Consolidates goods of East Africa.",
         _one("hub-mombasa", "Demo hub operator, Mombasa", Role.HUB)),
    Body("hub-callao", "Demo hub Callao", Kind.HUB, "PE", "Callao", "Consolidates goods of the Andes.",
         _one("hub-callao", "Demo hub operator, Callao", Role.HUB)),
    Body("hub-rotterdam", "Demo hub Rotterdam", Kind.HUB, "NL", "Rotterdam", "Splits shipments for buyers in the west of Europe.",
         _one("hub-rotterdam", "Demo hub operator, Rotterdam", Role.HUB)),
    Body("hub-hamburg", "Demo hub Hamburg", Kind.HUB, "DE", "Hamburg", "Splits shipments for buyers in the middle of Europe.",
         _one("hub-hamburg", "Demo hub operator, Hamburg", Role.HUB)),
)  # fmt: skip

PLACES: Final = (
    Place("VNSGN", "Ho Chi Minh City", "VN", "10.76900", "106.70600", "hub-saigon"),
    Place("KEMBA", "Mombasa", "KE", "-4.06200", "39.66700", "hub-mombasa"),
    Place("PECLL", "Callao", "PE", "-12.05000", "-77.15000", "hub-callao"),
    Place("NLRTM", "Rotterdam", "NL", "51.92000", "4.48000", "hub-rotterdam"),
    Place("DEHAM", "Hamburg", "DE", "53.54600", "9.96600", "hub-hamburg"),
)

BUYERS: Final = tuple(
    Body(key, name, Kind.BUYER, country, place, about, _one(key, f"Demo buyer, {place}", Role.BUYER))
    for key, name, country, place, about in (
        ("shop-leiden", "Demo shop Leiden", "NL", "Leiden", "A small shop for household goods."),
        ("shop-gent", "Demo shop Gent", "BE", "Gent", "A shop that its customers own together."),
        ("coop-bremen", "Demo co-operative Bremen", "DE", "Bremen", "A consumers' co-operative."),
        ("school-lille", "Demo school Lille", "FR", "Lille", "A school that sells at its yearly market."),
        ("museum-basel", "Demo museum Basel", "CH", "Basel", "A museum with a shop."),
        ("shop-york", "Demo shop York", "GB", "York", "A gift shop in an old street."),
        (
            "market-portland",
            "Demo market Portland",
            "US",
            "Portland",
            "A group of neighbours who order together.",
        ),
    )
)

PRODUCERS: Final = (
    Body("crafts", "Demo craft co-operative", Kind.PRODUCER, "VN", "Hanoi",
         "Lacquer, rattan and silk from workshops around Hanoi. Members share one workshop for drying and packing, "
         "and meet every month to set prices.",
         _one("producer", "Demo producer, Hanoi", Role.PRODUCER), stage="certified", goods=("crafts",), people=(64, 5),
         traits=("hired_workers", "home_workers", "members", "chemicals"), picture="lacquer-bowls.svg"),
    Body("coffee", "Demo coffee growers", Kind.PRODUCER, "KE", "Nyeri",
         "Small farms on the slopes north of Nyeri that wash and dry their coffee at one station.",
         _one("coffee", "Demo producer, Nyeri", Role.PRODUCER), stage="renewing", goods=("food",), people=(420, 12),
         traits=("hired_workers", "members", "chemicals"), picture="coffee.svg"),
    Body("baskets", "Demo basket makers", Kind.PRODUCER, "RW", "Huye",
         "Weavers of sisal and sweetgrass who work at home and meet twice a week.",
         _one("baskets", "Demo producer, Huye", Role.PRODUCER), stage="certified", goods=("crafts",), people=(88, 2),
         traits=("home_workers", "members"), picture="baskets.svg"),
    Body("knitters", "Demo knitters of the Andes", Kind.PRODUCER, "PE", "Cusco",
         "Knitted alpaca from villages around Cusco, dyed with plants.",
         _one("knitters", "Demo producer, Cusco", Role.PRODUCER), stage="in surveillance", goods=("crafts",), people=(37, 4),
         traits=("hired_workers", "home_workers", "members"), picture="textiles.svg"),
    Body("cocoa", "Demo cocoa co-operative", Kind.PRODUCER, "GH", "Kumasi",
         "Cocoa farmers who ferment and dry together and sell half of their harvest as beans.",
         _one("cocoa", "Demo producer, Kumasi", Role.PRODUCER), stage="submitted", goods=("food",), people=(310, 6),
         traits=("hired_workers", "members", "chemicals"), picture="cocoa.svg"),
    Body("weavers", "Demo weavers' co-operative", Kind.PRODUCER, "BD", "Tangail",
         "Handloom weavers of cotton and jute.",
         _one("weavers", "Demo producer, Tangail", Role.PRODUCER), stage="audit planned", goods=("crafts",), people=(120, 9),
         traits=("hired_workers", "home_workers", "members", "chemicals"), picture="textiles.svg"),
    Body("honey", "Demo honey keepers", Kind.PRODUCER, "NI", "Matagalpa",
         "Beekeepers who fill and label their honey in one clean room.",
         _one("honey", "Demo producer, Matagalpa", Role.PRODUCER), stage="recommended", goods=("food",), people=(45, 3),
         traits=("hired_workers", "members"), picture="honey.svg"),
    Body("ceramics", "Demo ceramics workshop", Kind.PRODUCER, "MX", "Oaxaca",
         "A family workshop of black clay with four employees.",
         _one("ceramics", "Demo producer, Oaxaca", Role.PRODUCER), stage="suspended", goods=("crafts",), people=(0, 11),
         traits=("hired_workers", "chemicals"), picture="ceramics.svg"),
    Body("felt", "Demo felt makers", Kind.PRODUCER, "KG", "Karakol",
         "Felt rugs and slippers from the wool of mountain flocks.",
         _one("felt", "Demo producer, Karakol", Role.PRODUCER), stage="under appeal", goods=("crafts",), people=(31, 2),
         traits=("hired_workers", "members"), picture="textiles.svg"),
    Body("carvers", "Demo wood carvers", Kind.PRODUCER, "KE", "Machakos",
         "Carvers of jacaranda and olive wood.",
         _one("carvers", "Demo producer, Machakos", Role.PRODUCER), stage="correcting", goods=("crafts",), people=(52, 2),
         traits=("members", "home_workers"), picture="wood-carving.svg"),
    Body("soap", "Demo soap makers", Kind.PRODUCER, "PT", "Évora",
         "Olive oil soap from a workshop that trains people who were long out of work.",
         _one("soap", "Demo producer, Évora", Role.PRODUCER), stage="audited", goods=("crafts",), people=(0, 9),
         traits=("hired_workers", "chemicals"), picture="soap.svg"),
    Body("jewellery", "Demo shell jewellers", Kind.PRODUCER, "FJ", "Savusavu",
         "Jewellery of shell and recycled silver.",
         _one("applicant", "Demo applicant, Savusavu", Role.PRODUCER), stage="assessing", goods=("crafts",), people=(14, 1),
         traits=("members",), picture="jewellery.svg"),
    Body("quilts", "Demo quilt makers", Kind.PRODUCER, "CA", "Lunenburg",
         "Quilts from leftover cloth, sewn by members of all ages.",
         _one("quilts", "Demo producer, Lunenburg", Role.PRODUCER), stage="registered", goods=("crafts",), people=(22, 0),
         traits=("home_workers", "members"), picture="textiles.svg"),
)  # fmt: skip

SEA_SMALL: Final = {
    "per_shipment": 4500,
    "per_consignee": 500,
    "less_than_container": {"per_wm": 9200, "minimum": 1_000_000},
    "containers": [{"type": "20GP", "cost": 185_000, "weight_g": 21_700_000, "volume_cm3": 28_000_000}],
}
AIR_SMALL: Final = {
    "per_shipment": 4500,
    "per_consignee": 500,
    "volumetric_divisor": 6000,
    "minimum_charge": 8500,
    "breaks": [
        {"from_g": 0, "per_kg": 520},
        {"from_g": 45_000, "per_kg": 430},
        {"from_g": 100_000, "per_kg": 365},
    ],
}
SEA_AFRICA: Final = {
    "per_shipment": 5200,
    "per_consignee": 650,
    "less_than_container": {"per_wm": 11_800, "minimum": 1_000_000},
    "containers": [{"type": "20GP", "cost": 214_000, "weight_g": 21_700_000, "volume_cm3": 28_000_000}],
}
SEA_ANDES: Final = {
    "per_shipment": 5600,
    "per_consignee": 600,
    "less_than_container": {"per_wm": 12_400, "minimum": 1_000_000},
    "containers": [{"type": "20GP", "cost": 231_000, "weight_g": 21_700_000, "volume_cm3": 28_000_000}],
}

LANES: Final = (
    Lane("SGN-RTM-SEA", "Demo Ocean Line", "sea", "VNSGN", "NLRTM", ("ambient",), SEA_SMALL, 7, 14, 38),
    Lane("SGN-RTM-AIR", "Demo Air Cargo", "air", "VNSGN", "NLRTM", ("ambient",), AIR_SMALL, 14, 14, 4),
    Lane("MBA-HAM-SEA", "Demo Ocean Line", "sea", "KEMBA", "DEHAM", ("ambient",), SEA_AFRICA, 6, 10, 27),
    Lane("CLL-RTM-SEA", "Demo Ocean Line", "sea", "PECLL", "NLRTM", ("ambient",), SEA_ANDES, 5, 14, 24),
)

# minimum order, small-order fee, customs and shipping of one direct shipment; where goods are collected
TERMS: Final = {
    "crafts": ("VNSGN", 300_000, 10_000, 3_000, 7_000),
    "coffee": ("KEMBA", 150_000, 8_000, 3_500, 9_500),
    "baskets": ("KEMBA", 50_000, 6_000, 3_500, 8_000),
    "knitters": ("PECLL", 200_000, 7_500, 3_000, 8_800),
}

GOODS: Final = (
    Good("crafts", "Lacquer bowl, 14 cm", "Seven coats of lacquer over coiled bamboo, each dried for two days.",
         "bowl", 3_500, 1_500, 10_000, "442090", 3, "lacquer-bowls.svg"),
    Good("crafts", "Rattan basket with lid", "Rattan from managed forest plots, woven in pairs.",
         "basket", 6_100, 2_600, 19_000, "460212", 10, "baskets.svg"),
    Good("crafts", "Set of three trays", "Water hyacinth from the canals, woven over a bamboo frame.",
         "set", 5_500, 2_100, 15_000, "460219", 1, "baskets.svg"),
    Good("crafts", "Carved elephant, 12 cm", "Carved from fallen wood and oiled twice.",
         "piece", 1_900, 600, 4_500, "442019", 12, "wood-carving.svg"),
    Good("crafts", "Stoneware vase, 22 cm", "Fired once with rice-husk ash glaze.",
         "vase", 4_400, 1_500, 10_500, "691200", 6, "ceramics.svg"),
    Good("crafts", "Silk throw", "Handloom silk, dyed with leaves and bark.",
         "throw", 4_700, 1_900, 14_000, "621410", 8, "textiles.svg"),
    Good("coffee", "Washed arabica, green, 5 kg", "From the main harvest; graded AA and AB.",
         "bag", 4_250, 5_100, 9_000, "090111", 9, "coffee.svg"),
    Good("coffee", "Roasted coffee, 1 kg", "Roasted on the day of packing.",
         "bag", 1_380, 1_050, 3_200, "090121", 4, "coffee.svg"),
    Good("baskets", "Sweetgrass bowl, 30 cm", "Sisal over sweetgrass; a bowl takes three days.",
         "bowl", 1_950, 420, 9_500, "460219", 7, "baskets.svg"),
    Good("baskets", "Wall basket, 45 cm", "Signed by its weaver on the back.",
         "basket", 3_200, 800, 24_000, "460219", 11, "baskets.svg"),
    Good("knitters", "Alpaca scarf", "Baby alpaca, plant-dyed.",
         "scarf", 2_650, 260, 2_400, "611710", 8, "textiles.svg"),
    Good("knitters", "Alpaca blanket", "Woven on a pedal loom.",
         "blanket", 7_400, 1_450, 11_000, "630120", 12, "textiles.svg"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """What one buyer orders in a demo pool; `due` in days from closing."""

    buyer: str
    quantities: dict[str, int]
    due: int


# The paper's six buyers. Together 3,310.00 dollars, 0.90 m³ and 126 kg; without Leiden 110.00 below the minimum.
PAPER: Final = (
    Wish("shop-gent", {"Rattan basket with lid": 10}, 80),
    Wish("coop-bremen", {"Set of three trays": 10}, 70),
    Wish("school-lille", {"Carved elephant, 12 cm": 20}, 90),
    Wish("museum-basel", {"Stoneware vase, 22 cm": 20}, 78),
    Wish("shop-york", {"Silk throw": 10}, 85),
    Wish("shop-leiden", {"Lacquer bowl, 14 cm": 12}, 75),
)
AFRICA: Final = (
    Wish("coop-bremen", {"Washed arabica, green, 5 kg": 24, "Roasted coffee, 1 kg": 30}, 70),
    Wish("museum-basel", {"Sweetgrass bowl, 30 cm": 24, "Wall basket, 45 cm": 6}, 75),
    Wish("shop-gent", {"Roasted coffee, 1 kg": 60, "Wall basket, 45 cm": 8}, 70),
    Wish("school-lille", {"Sweetgrass bowl, 30 cm": 16}, 80),
    Wish("shop-york", {"Washed arabica, green, 5 kg": 20}, 72),
)
ANDES: Final = (
    Wish("shop-leiden", {"Alpaca scarf": 20}, 60),
    Wish("shop-york", {"Alpaca scarf": 16, "Alpaca blanket": 4}, 60),
    Wish("museum-basel", {"Alpaca blanket": 8}, 65),
    Wish("shop-gent", {"Alpaca scarf": 12, "Alpaca blanket": 2}, 62),
)
# Pools from Callao that its hub plans together
SCARVES: Final = (Wish("shop-leiden", {"Alpaca scarf": 12}, 60), Wish("shop-gent", {"Alpaca scarf": 10}, 60))
BLANKETS: Final = (
    Wish("shop-york", {"Alpaca blanket": 4}, 60),
    Wish("museum-basel", {"Alpaca blanket": 3}, 62),
)
MORE: Final = (Wish("coop-bremen", {"Alpaca scarf": 20}, 60),)
ALPACA: Final = (
    Wish("shop-leiden", {"Alpaca scarf": 30, "Alpaca blanket": 6}, 60),
    Wish("coop-bremen", {"Alpaca scarf": 40, "Alpaca blanket": 6}, 65),
    Wish("museum-basel", {"Alpaca blanket": 10}, 65),
)
