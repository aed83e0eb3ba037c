"""Loading of containers in three dimensions: what goes where, in which order, and a check of its own."""

from logistics.loading.checking import LoadingCheck, check_loading
from logistics.loading.containers import TYPES, ContainerType
from logistics.loading.drawing import draw_load
from logistics.loading.halves import Halves, halves
from logistics.loading.loads import LeftOut, Load, Loading, Placement
from logistics.loading.lowering import load_low
from logistics.loading.packing import load
from logistics.loading.parcels import Hold, Parcel

__all__ = [
    "TYPES",
    "ContainerType",
    "Halves",
    "Hold",
    "LeftOut",
    "Load",
    "Loading",
    "LoadingCheck",
    "Parcel",
    "Placement",
    "check_loading",
    "draw_load",
    "halves",
    "load",
    "load_low",
]
