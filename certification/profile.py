"""What an organisation is, as far as a standard asks; and to whom a criterion applies."""

from dataclasses import dataclass
from enum import StrEnum

from certification.refusal import Refusal


class Kind(StrEnum):
    PRODUCER = "producer"
    TRADER = "trader"
    NETWORK = "network"


class ProductKind(StrEnum):
    CRAFTS = "crafts"
    FOOD = "food"


class Trait(StrEnum):
    HIRED_WORKERS = "hired_workers"
    HOME_WORKERS = "home_workers"
    MEMBERS = "members"
    CHEMICALS = "chemicals"
    BUYS_FROM_PRODUCERS = "buys_from_producers"


class Size(StrEnum):
    """By people (workers and members together)."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


# The most people of each size; the head counts are those of EU recommendation 2003/361/EC.
_SIZE_LIMITS = ((Size.MICRO, 9), (Size.SMALL, 49), (Size.MEDIUM, 249))


class ProfileFault(Refusal):
    code = "profile-people"
    template = "An organisation has at least one person; {people} was given."


@dataclass(frozen=True, kw_only=True)
class Profile:
    """`people`: workers and members together, each counted once."""

    kind: Kind
    people: int
    products: frozenset[ProductKind] = frozenset()
    traits: frozenset[Trait] = frozenset()

    def __post_init__(self) -> None:
        if self.people < 1:
            raise ProfileFault(people=self.people)

    @property
    def size(self) -> Size:
        return next((size for size, most in _SIZE_LIMITS if self.people <= most), Size.LARGE)


@dataclass(frozen=True, kw_only=True)
class AppliesTo:
    """Whom a criterion is for. An empty set asks nothing; `traits` must all be there."""

    kinds: frozenset[Kind] = frozenset()
    sizes: frozenset[Size] = frozenset()
    products: frozenset[ProductKind] = frozenset()
    traits: frozenset[Trait] = frozenset()

    def covers(self, profile: Profile) -> bool:
        return (
            (not self.kinds or profile.kind in self.kinds)
            and (not self.sizes or profile.size in self.sizes)
            and (not self.products or bool(self.products & profile.products))
            and self.traits <= profile.traits
        )
