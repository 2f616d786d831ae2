"""The reference ranges that hold where no ReferenceRange record says otherwise, each with its reason.

They belong to the program and carry its version. A ReferenceRange record overrides the default of the same field (and
test item). Source: specification 4 (R-07, R-08).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_RANGES", "ReferenceRangeDefault"]

_HABIT = "Customary in the field; not taken from one source."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRangeDefault:
    """One default range. Limits are within; None is open.

    ``field`` is a field's name, or a name in a map (``temperature_celsius``); ``item`` the code of a test item where it
    is a ``test_result``. The rest narrows where it applies; empty means everywhere: types of operation, kinds of what
    goes in, class of the machine used, a word in the reagent's name, lot stage, tissue types, test methods.
    Outside ``low``/``high`` a value is marked; outside ``allowed_low``/``allowed_high`` it is a major deviation.
    ``expected``: the words that are within, where a result is a word; any other word is a major deviation.
    """

    name: str  # stable; names the range in a deviation
    field: str
    reason: str
    item: str | None = None
    low: float | None = None
    high: float | None = None
    allowed_low: float | None = None
    allowed_high: float | None = None
    is_high_excluded: bool = False  # "below", not "at most"
    unit: str | None = None
    kind: str = "in_process"
    cell_type: str | None = None
    expected: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    input_kinds: tuple[str, ...] = ()
    equipment_classes: tuple[str, ...] = ()
    reagent_words: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    tissue_types: tuple[str, ...] = ()
    not_tissue_types: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    beside: str | None = None  # applies to a step of a map only where the value named here is at least `beside_low`
    beside_low: float | None = None


_Row = ReferenceRangeDefault
_NEGATIVE = ("negative", "阴性", "not detected", "not_detected", "未检出", "none detected", "-", "neg")
_NON_REACTIVE = (*_NEGATIVE, "non-reactive", "non_reactive", "nonreactive", "non reactive", "无反应", "无反应性")
_NO_GROWTH = ("no growth", "no_growth", "sterile", "无菌生长", "无生长", "未见生长", "无菌", "合格", *_NEGATIVE)
_POSITIVE = ("positive", "阳性", "+", "pos")


# fmt: off
DEFAULT_RANGES: tuple[ReferenceRangeDefault, ...] = (
    *(
        _Row(
            name=f"{field}-room", field=field, low=18, high=26, unit="°C", kind="environment",
            reason=f"Clean rooms are kept at 18 to 26 °C and 45 to 65 % relative humidity. {_HABIT}",
        )
        for field in ("collection_ambient_temperature", "operation_ambient_temperature")
    ),
    _Row(
        name="tissue-transit-temperature", field="in_transit_temperature", low=2, high=8, unit="°C", kind="transport",
        operations=("TRANSPORTED",), input_kinds=("Tissue",), not_tissue_types=("cord_blood",),
        reason=f"Tissue travels refrigerated. {_HABIT}",
    ),
    _Row(
        name="cord-blood-transit-temperature", field="in_transit_temperature", low=18, high=26, allowed_low=2,
        allowed_high=26, unit="°C", kind="transport", operations=("TRANSPORTED",), input_kinds=("Tissue",),
        tissue_types=("cord_blood",), reason="Cord blood may travel at 22 ± 4 °C (published study), or refrigerated.",
    ),
    _Row(
        name="tissue-transfer-hours", field="transfer_hours", high=24, allowed_high=48, unit="h", kind="transport",
        operations=("TRANSPORTED",), input_kinds=("Tissue",),
        reason="The time from start to end: 24 h is customary, 48 h the limit published for cord blood.",
    ),
    _Row(
        name="incubator-temperature", field="temperature_celsius", low=36.5, high=37.5, unit="°C",
        equipment_classes=("incubator",), reason="37 °C is published; the tolerance of 0.5 °C is customary.",
    ),
    _Row(
        name="incubator-co2", field="co2_percent", low=4.5, high=5.5, unit="%", equipment_classes=("incubator",),
        reason="5 % is published; the tolerance of 0.5 % is customary.",
    ),
    _Row(
        name="seeding-density", field="seeding_density", low=3000, high=8000, unit="cells/cm²",
        reason="4 000 cells/cm² is published; the band around it is customary.",
    ),
    _Row(
        name="trypsin-exposure", field="reagent_exposure_duration", low=1, high=5, unit="min",
        reagent_words=("trypsin", "胰酶", "胰蛋白酶"), reason=f"Trypsin harms cells with time. {_HABIT}",
    ),
    _Row(
        name="collagenase-exposure", field="reagent_exposure_duration", low=30, high=180, unit="min",
        reagent_words=("collagenase", "胶原酶"), reason=f"Digestion by collagenase takes 30 to 180 minutes. {_HABIT}",
    ),
    _Row(
        name="product-passage", field="passage_number", high=6, allowed_high=8, unit="P", kind="release",
        stages=("drug_product",), reason=f"Products hold cells of at most 6 passages, never above 8. {_HABIT}",
    ),
    _Row(
        name="freezing-start", field="freezing_start_temperature", low=2, high=8, allowed_low=0, allowed_high=20,
        unit="°C", reason=f"Freezing starts refrigerated. {_HABIT}",
    ),
    _Row(
        name="cooling-rate", field="rate", low=-1.5, high=-0.5, unit="°C/min", operations=("CRYOPRESERVED",),
        beside="target", beside_low=-40,
        reason="−1 °C/min down to about −40 °C is published; the tolerance is customary. Faster from there on.",
    ),
    _Row(
        name="freezing-end", field="freezing_end_temperature", high=-80, unit="°C",
        reason=f"At −80 °C or colder before the transfer into the tank. {_HABIT}",
    ),
    _Row(
        name="tank-temperature", field="temperature_celsius", high=-150, allowed_high=-140, unit="°C", kind="storage",
        equipment_classes=("ln2_tank",),
        reason=f"Vapour of liquid nitrogen: alarm at −140 °C; at −130 °C water's glass transition is passed. {_HABIT}",
    ),
    _Row(
        name="dry-shipper-temperature", field="in_transit_temperature", high=-150, unit="°C", kind="transport",
        operations=("TRANSPORTED",), equipment_classes=("dry_shipper",),
        reason=f"A dry shipper keeps −150 °C or colder for more than seven days. {_HABIT}",
    ),
    _Row(
        name="viability-release", field="test_result", item="viability", low=80, allowed_low=70, unit="%",
        kind="release", operations=("QC_RELEASE",), input_kinds=("CellLot",),
        reason="Published release criteria: mostly 80 %, some 70 or 85 %.",
    ),
    _Row(
        name="viability-post-thaw", field="viability_percent", low=70, unit="%", kind="post_thaw",
        operations=("THAWED",), reason="Published guides ask for 70 %; 70 to 80 % usually survive.",
    ),
    _Row(
        name="sterility", field="test_result", item="sterility", kind="release", expected=_NO_GROWTH,
        reason="No growth, after 7 days by rapid methods or 14 days by the pharmacopoeia.",
    ),
    _Row(
        name="mycoplasma", field="test_result", item="mycoplasma", kind="release", expected=(*_NEGATIVE, "no growth"),
        reason="Negative, by PCR or after 28 days of culture.",
    ),
    _Row(
        name="endotoxin", field="test_result", item="endotoxin", high=0.5, allowed_high=0.5, is_high_excluded=True,
        unit="EU/mL", kind="release", reason="Below 0.5 EU/mL; others publish 2 or 12.5 EU/mL, or 5 EU/kg.",
    ),
    *(
        _Row(
            name=f"marker-{item}", field="test_result", item=item, low=95, allowed_low=80, unit="%", kind="release",
            input_kinds=("CellLot",), reason="At least 95 % (ISCT 2006); one published specification uses 80 %.",
        )
        for item in ("CD73", "CD90", "CD105")
    ),
    *(
        _Row(
            name=f"marker-{item}", field="test_result", item=item, high=2, allowed_high=2, unit="%", kind="release",
            input_kinds=("CellLot",), reason="At most 2 % in published specifications; for HLA-DR some only inform.",
        )
        for item in ("CD34", "CD45", "HLA-DR", "CD11b", "CD14", "CD19", "CD79a")
    ),
    _Row(
        name="karyotype", field="test_result", item="karyotype", kind="release",
        expected=("normal", "正常", "46,XX", "46,XY", "no clonal abnormality", "未见克隆性异常", "未见异常"),
        reason="Normal, without a clonal abnormality: published release criterion.",
    ),
    _Row(
        name="differentiation", field="test_result", item="differentiation", kind="release", expected=_POSITIVE,
        reason=f"Cells differentiate into three lineages. {_HABIT}",
    ),
    _Row(
        name="identity-str", field="test_result", item="STR", kind="release",
        expected=("matches donor", "match", "matched", "与供者一致", "一致", *_POSITIVE),
        reason=f"The profile matches the donor's. {_HABIT}",
    ),
    _Row(
        name="residual-bsa", field="test_result", item="residual_bsa", kind="release", expected=_NEGATIVE,
        reason="Not detected by ELISA: published release criterion.",
    ),
    *(
        _Row(
            name=f"donor-{item}", field="test_result", item=item, kind="donor_screening", expected=_NON_REACTIVE,
            operations=("TESTED",), input_kinds=("Donor",), reason=f"Donors are non-reactive. {_HABIT}",
        )
        for item in ("HIV", "HBV", "HCV", "HTLV", "TP")
    ),
    *(
        _Row(
            name=f"donor-{item}", field="test_result", item=item, kind="donor_screening", expected=_NON_REACTIVE,
            operations=("TESTED",), input_kinds=("Donor",), methods=("igm", "IgM", "nat", "NAT", "pcr", "PCR"),
            reason=f"Judged by IgM and nucleic acid only: past infection (IgG) is common in adults. {_HABIT}",
        )
        for item in ("EBV", "CMV")
    ),
)
# fmt: on
