"""Fairhaul's pooling engine: what shipping costs, how to pool, how to split the cost. Pure: values in,
values out.
"""

from logistics.alone import StandAlone
from logistics.checking import Check, check
from logistics.drawing import draw
from logistics.explaining import Alternative, Explanation, Moved, explain, moved
from logistics.flat import Infeasible
from logistics.form import InvalidInput
from logistics.planning import plan, stand_alone
from logistics.plans import Plan
from logistics.pricing import Assignment, Collection, Price, Shipment, price
from logistics.problem import (
    Break,
    BreakTariff,
    Container,
    ContainerTariff,
    Departure,
    Hub,
    LessThanContainer,
    Line,
    Problem,
    Producer,
    Service,
)
from logistics.quotes import NotAffordable, Quotes, Withdrawal, change, join, withdraw
from logistics.quoting import Quoted, Released, quote, release
from logistics.sharing import QuotesCannotBeKept, Share, Sharing, share
from logistics.tariffs import TariffItem, freight

__all__ = [
    "Alternative",
    "Assignment",
    "Break",
    "BreakTariff",
    "Check",
    "Collection",
    "Container",
    "ContainerTariff",
    "Departure",
    "Explanation",
    "Hub",
    "Infeasible",
    "InvalidInput",
    "LessThanContainer",
    "Line",
    "Moved",
    "NotAffordable",
    "Plan",
    "Price",
    "Problem",
    "Producer",
    "Quoted",
    "Quotes",
    "QuotesCannotBeKept",
    "Released",
    "Service",
    "Share",
    "Sharing",
    "Shipment",
    "StandAlone",
    "TariffItem",
    "Withdrawal",
    "change",
    "check",
    "draw",
    "explain",
    "freight",
    "join",
    "moved",
    "plan",
    "price",
    "quote",
    "release",
    "share",
    "stand_alone",
    "withdraw",
]
