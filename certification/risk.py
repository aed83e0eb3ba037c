"""How closely an organisation is looked at: points for what makes trouble likely, and what follows.

The points are a simple additive scheme of ours: each factor has bands, the points of the bands add up,
and two thresholds make three levels. Everything is in a versioned configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType

from certification.refusal import Refusal


class RiskLevel(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class AuditKind(StrEnum):
    MONITORING_AUDIT = "monitoring_audit"
    PEER_VISIT = "peer_visit"
    SURVEILLANCE = "surveillance"
    UNANNOUNCED = "unannounced"


class RiskFactorFault(Refusal):
    code = "risk-factor"
    template = "{factor} must be a whole number from 0{most}; {value} was given."


class RiskConfigurationFault(Refusal):
    code = "risk-configuration"
    template = "The risk configuration {version} does not hold together: {fault}."


@dataclass(frozen=True, kw_only=True)
class RiskFactors:
    """What is known when a certificate is issued or a look is over.

    `supply_tiers`: steps between raw material and sale outside the organisation. `people`: workers and
    members. `outside_production_percent`: share of production by value that others do. `labelled_products`:
    products that carry the label. Findings are those of the last audit, complaints those of this cycle.
    """

    supply_tiers: int
    sites: int
    people: int
    outside_production_percent: int
    labelled_products: int
    past_majors: int = 0
    past_minors: int = 0
    open_complaints: int = 0
    upheld_complaints: int = 0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            percent = one.name == "outside_production_percent"
            if value < 0 or (percent and value > 100):
                raise RiskFactorFault(factor=one.name, most=" to 100" if percent else "", value=value)


@dataclass(frozen=True, kw_only=True)
class Look:
    """`cycle_years`: how long a certificate holds; `kind` of the look after `months` of it."""

    cycle_years: int
    kind: AuditKind
    months: int


Bands = tuple[tuple[int, int], ...]


def _bands() -> Mapping[str, Bands]:
    """From this value on, this many points."""
    return MappingProxyType(
        {
            "supply_tiers": ((2, 1), (4, 2)),
            "sites": ((4, 1), (15, 2)),
            "people": ((50, 1), (250, 2)),
            "outside_production_percent": ((25, 1), (60, 2)),
            "labelled_products": ((20, 1), (200, 2)),
            "past_majors": ((1, 2), (3, 4)),
            "past_minors": ((4, 1),),
            "open_complaints": ((1, 1),),
            "upheld_complaints": ((1, 2), (3, 4)),
        }
    )


def _looks() -> Mapping[RiskLevel, Look]:
    return MappingProxyType(
        {
            RiskLevel.LOW: Look(cycle_years=4, kind=AuditKind.PEER_VISIT, months=24),
            RiskLevel.NORMAL: Look(cycle_years=4, kind=AuditKind.SURVEILLANCE, months=24),
            RiskLevel.HIGH: Look(cycle_years=2, kind=AuditKind.UNANNOUNCED, months=12),
        }
    )


@dataclass(frozen=True, kw_only=True)
class RiskConfiguration:
    version: str = "2026.1"
    bands: Mapping[str, Bands] = field(default_factory=_bands)
    normal_from: int = 3
    high_from: int = 7
    looks: Mapping[RiskLevel, Look] = field(default_factory=_looks)

    def __post_init__(self) -> None:
        known = {one.name for one in fields(RiskFactors)}
        if set(self.bands) != known:
            raise RiskConfigurationFault(version=self.version, fault="it must have bands for each factor")
        for factor, bands in self.bands.items():
            if list(bands) != sorted(bands) or any(points < 0 for _, points in bands):
                raise RiskConfigurationFault(version=self.version, fault=f"the bands of {factor} do not rise")
            points = [points for _, points in bands]
            if points != sorted(points):
                raise RiskConfigurationFault(version=self.version, fault=f"the points of {factor} fall")
        if not 0 < self.normal_from < self.high_from:
            raise RiskConfigurationFault(version=self.version, fault="the thresholds do not rise")
        if set(self.looks) != set(RiskLevel):
            raise RiskConfigurationFault(version=self.version, fault="it must have a look for each level")
        for level, look in self.looks.items():
            if not 0 < look.months <= 12 * look.cycle_years:
                raise RiskConfigurationFault(
                    version=self.version, fault=f"the look at {level} is outside its cycle"
                )


RISK = RiskConfiguration()


@dataclass(frozen=True, kw_only=True)
class Risk:
    """`contributions`: factor, its value and its points, for those that have points; they add up."""

    level: RiskLevel
    points: int
    contributions: tuple[tuple[str, int, int], ...]
    look: Look
    configuration: str

    @property
    def cycle_years(self) -> int:
        return self.look.cycle_years


def assess_risk(factors: RiskFactors, configuration: RiskConfiguration = RISK) -> Risk:
    contributions = []
    for one in fields(factors):
        value: int = getattr(factors, one.name)
        points = max((points for start, points in configuration.bands[one.name] if value >= start), default=0)
        if points:
            contributions.append((one.name, value, points))
    total = sum(points for _, _, points in contributions)
    level = RiskLevel.LOW
    if total >= configuration.high_from:
        level = RiskLevel.HIGH
    elif total >= configuration.normal_from:
        level = RiskLevel.NORMAL
    return Risk(
        level=level,
        points=total,
        contributions=tuple(contributions),
        look=configuration.looks[level],
        configuration=configuration.version,
    )
