"""Words of the Core Business Vocabulary 2.0 (GS1 CBV, sections 7.1 to 7.5) that EPCIS writes bare, and their
web addresses.
"""

from typing import Final


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in no order."""
    return frozenset(text.split())


EVENT_TYPES: Final = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
ACTIONS: Final = ("ADD", "OBSERVE", "DELETE")
BIZ_STEPS: Final = words_of(
    """
    accepting arriving assembling collecting commissioning consigning creating_class_instance
    cycle_counting decommissioning departing destroying disassembling dispensing encoding
    entering_exiting holding inspecting installing killing loading other packing picking receiving
    removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting
    shipping staging_outbound stock_taking stocking storing transporting unloading unpacking
    void_shipping
    """
)
DISPOSITIONS: Final = words_of(
    """
    active available completeness_inferred completeness_verified conformant container_closed
    container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit
    inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement no_pedigree_match
    non_conformant non_sellable_other partially_dispensed recalled reserved retail_sold returned
    sellable_accessible sellable_not_accessible stolen unavailable unknown
    """
)
BIZ_TRANSACTIONS: Final = words_of(
    """
    bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt
    """
)
PARTIES: Final = frozenset(("owning_party", "possessing_party", "location"))
ERROR_REASONS: Final = frozenset(("did_not_occur", "incorrect_data"))
COMPONENTS: Final = words_of(
    """
    altitude axial_distance azimuth easting elevation_angle height latitude longitude northing
    polar_angle spherical_radius x y z
    """
)
ALERTS: Final = frozenset(("ALARM_CONDITION", "ERROR_CONDITION"))
MEASUREMENTS: Final = words_of(
    """
    AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area
    Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent
    DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
    ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
    KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux
    MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate MassPerAreaTime
    MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume
    Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate
    VolumeFraction VolumetricFlux Wavenumber
    """
)

CBV: Final = "https://ref.gs1.org/cbv/"
GS1: Final = "https://gs1.org/voc/"
PREFIXES: Final = {
    "cbv": CBV,
    "gs1": GS1,
    "epcis": "https://ref.gs1.org/epcis/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
}
"""What the standard's own JSON-LD context lets stand before a colon."""
CONTEXT: Final = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

OLD: Final = {
    "urn:epcglobal:cbv:bizstep:": CBV + "BizStep-",
    "urn:epcglobal:cbv:disp:": CBV + "Disp-",
    "urn:epcglobal:cbv:btt:": CBV + "BTT-",
    "urn:epcglobal:cbv:sdt:": CBV + "SDT-",
    "urn:epcglobal:cbv:er:": CBV + "ER-",
}
"""Names of EPCIS 1.2, and what they became."""

BARE: Final = {
    "bizStep": (BIZ_STEPS, CBV + "BizStep-"),
    "disposition": (DISPOSITIONS, CBV + "Disp-"),
    "bizTransaction": (BIZ_TRANSACTIONS, CBV + "BTT-"),
    "source": (PARTIES, CBV + "SDT-"),
    "destination": (PARTIES, CBV + "SDT-"),
    "reason": (ERROR_REASONS, CBV + "ER-"),
    "component": (COMPONENTS, CBV + "Comp-"),
    "exception": (ALERTS, GS1),
    "measurement": (MEASUREMENTS, GS1),
}
"""For each field whose words may stand bare: the words, and the address that they are short for."""


def expanded(field: str, value: str) -> str:
    """A word of `field` as its web address; an address stays, but old names become new ones."""
    words, base = BARE[field]
    if value in words:
        return base + value
    for old, new in OLD.items():
        if value.startswith(old):
            return new + value.removeprefix(old)
    prefix, colon, rest = value.partition(":")
    return PREFIXES[prefix] + rest if colon and prefix in PREFIXES else value


def bare(field: str, value: str) -> str:
    """The shortest way to write a word of `field`: bare where the standard knows it."""
    words, base = BARE[field]
    short = expanded(field, value).removeprefix(base)
    return short if short in words else expanded(field, value)
