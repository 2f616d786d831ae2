"""The kinds of node and what is recorded of each."""

from __future__ import annotations

import re

from graph.vocabulary import words
from graph.vocabulary.base import Field, FieldType, Kind

__all__ = ["KINDS", "kind_code", "kind_of_code"]

T = FieldType

# Colours of Okabe and Ito, told apart by colour-blind readers; the shape differs as well, and the label says the kind.
_DARK, _ORANGE, _SKY, _GREEN = "#4d4d4d", "#e69f00", "#56b4e9", "#009e73"
_YELLOW, _BLUE, _VERMILION, _PURPLE, _GREY = "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"


class Donor(Kind):
    """A person whose tissue was taken. Known by a code; who it is stays with the institution."""

    en, zh, colour, shape = "Donor", "供者", _PURPLE, "triangle"
    tier, is_material, is_code, is_person = 2, True, True, True

    donor_relationship = Field(
        type=T.CHOICE, en="Donor relationship", zh="供受者关系", tier=2, items=("ADD-16",),
        choices=words.DONOR_RELATIONSHIPS, closed=True,
        note="Autologous material may be given to the donor only.",
    )  # fmt: skip
    sex = Field(type=T.CHOICE, en="Sex", zh="性别", tier=3, items=("COL-01",), choices=words.SEXES)
    birth_date = Field(type=T.DATE, en="Birth date", zh="出生日期", tier=3, items=("COL-01",))
    birth_year = Field(
        type=T.INTEGER, en="Birth year", zh="出生年", tier=3, items=("ADD-17",), low=1850, high=2200,
        note="Where the full date is not recorded.",
    )  # fmt: skip
    ethnicity = Field(type=T.STRING, en="Ethnicity", zh="民族", tier=3, items=("COL-01",))
    blood_type = Field(type=T.CHOICE, en="Blood type", zh="血型", tier=3, items=("COL-01",), choices=words.BLOOD_TYPES)
    medical_history = Field(type=T.TEXT, en="Medical history", zh="既往病史", tier=3, items=("COL-02",))
    family_history = Field(type=T.TEXT, en="Family history", zh="家族史", tier=3, items=("COL-02",))


class Tissue(Kind):
    """Tissue, marrow or blood as collected from one donor."""

    en, zh, colour, shape = "Tissue", "组织", _VERMILION, "hexagon"
    tier, is_material, is_accountable, is_code = 2, True, True, True

    tissue_type = Field(type=T.CHOICE, en="Tissue type", zh="组织类型", items=("ADD-18",), choices=words.TISSUE_TYPES)
    tissue_quantity = Field(
        type=T.NUMBER, en="Tissue quantity", zh="组织量", items=("ADD-19",), unit="g", low=0,
        unit_field="tissue_quantity_unit", aliases=("组织数量",),
    )  # fmt: skip
    tissue_quantity_unit = Field(
        type=T.CHOICE, en="Unit of the tissue quantity", zh="组织量单位", items=("ADD-19",), choices=words.TISSUE_UNITS
    )


class CellLot(Kind):
    """A batch of cells: a culture, a bank or a product."""

    en, zh, colour, shape = "Cell lot", "细胞批次", _BLUE, "dot"
    is_material, is_accountable, is_code = True, True, True

    cell_id = Field(
        type=T.STRING, en="Cell id", zh="细胞编号", tier=2, items=("PUR-01", "EXP-01", "CRY-01"), is_code=True,
        note="The cell line or sample that the lot belongs to.",
    )  # fmt: skip
    cell_type = Field(
        type=T.CHOICE, en="Cell type", zh="细胞类型", choices=words.CELL_TYPES,
        items=("PUR-02", "EXP-02", "QCI-02", "QCR-01", "STI-06", "OUT-04"),
    )  # fmt: skip
    passage_number = Field(
        type=T.INTEGER, en="Passage number", zh="细胞代次", unit="P", items=("EXP-05",), low=0, high=1_000,
        aliases=("代次",),
    )  # fmt: skip
    stage = Field(type=T.CHOICE, en="Lot stage", zh="批次阶段", items=("ADD-20",), choices=words.LOT_STAGES)
    production_date = Field(type=T.DATE, en="Production date", zh="生产日期", items=("QCI-04", "QCR-03"))
    expiry_date = Field(
        type=T.DATE, en="Expiry date", zh="有效期", items=("ADD-21",), note="The last day on which it may be used."
    )
    viability_percent = Field(
        type=T.NUMBER, en="Viability", zh="活率", unit="%", items=("ADD-22",), low=0, high=100, aliases=("存活率",)
    )


class CellUnit(Kind):
    """One vial, dose or bag of an itemised lot. Made with its lot; known as ``lot#unit``."""

    en, zh, colour, shape = "Cell unit", "制剂单元", _SKY, "square"
    is_material, is_accountable, is_code = True, True, True


class Reagent(Kind):
    """One lot of a reagent or consumable, or a working solution made from them."""

    en, zh, colour, shape = "Reagent", "试剂耗材", _GREEN, "triangleDown"
    is_material = True

    name = Field(type=T.STRING, en="Name", zh="名称", items=("VER-01",))
    type = Field(type=T.CHOICE, en="Type", zh="类型", items=("VER-02",), choices=words.REAGENT_TYPES)
    manufacturer = Field(type=T.STRING, en="Manufacturer", zh="生产商", items=("VER-03",), aliases=("生产厂家",))
    lot_number = Field(
        type=T.STRING, en="Lot number", zh="批号", items=("VER-04",),
        note="Unique together with manufacturer and name.",
    )  # fmt: skip
    specification = Field(type=T.STRING, en="Specification", zh="规格", items=("VER-05",), note="For example 500 mL.")
    expiry_date = Field(
        type=T.DATE, en="Expiry date", zh="有效期", items=("ADD-23",), note="The last day on which it may be used."
    )
    received_at = Field(type=T.TIME, en="Received at", zh="接收时间", items=("ADD-24",))
    opened_at = Field(type=T.TIME, en="Opened at", zh="开封时间", items=("ADD-24",))
    storage_requirement = Field(type=T.RANGE, en="Storage requirement", zh="储存条件", unit="°C", items=("ADD-25",))
    certificate = Field(type=T.REF, ref="Document", en="Certificate", zh="合格证", tier=1, items=("ADD-26",))


class Equipment(Kind):
    """A machine or container that material passes through."""

    en, zh, colour, shape = "Equipment", "设备", _ORANGE, "square"

    equipment_class = Field(
        type=T.CHOICE, en="Equipment class", zh="设备类别", items=("ADD-28",), choices=words.EQUIPMENT_CLASSES
    )


class StoragePosition(Kind):
    """A place, from the site down to one cell of a box."""

    en, zh, colour, shape = "Storage position", "存储位置", _YELLOW, "database"

    level = Field(type=T.CHOICE, en="Level", zh="级别", items=("ADD-29",), choices=words.POSITION_LEVELS)
    parent = Field(type=T.REF, ref="StoragePosition", en="Parent position", zh="上级位置", items=("ADD-29",))
    storage_area = Field(type=T.STRING, en="Storage area", zh="存储库区", items=("STO-05",))
    shared_environment = Field(
        type=T.BOOLEAN, en="Shared environment", zh="共享环境", items=("ADD-29",),
        note="True where what stands in it shares one atmosphere or liquid, as in a tank.",
    )  # fmt: skip
    capacity = Field(type=T.INTEGER, en="Capacity", zh="容量", items=("ADD-29",), low=0, high=1_000_000_000)


class Subject(Kind):
    """A person who is treated in a study. Known by a code; who it is stays with the institution."""

    en, zh, colour, shape = "Subject", "受试者", _PURPLE, "star"
    tier, is_material, is_code, is_person = 2, True, True, True

    subject_code = Field(type=T.STRING, en="Subject code", zh="受试者编号", tier=2, items=("ADD-34",), is_code=True)
    study = Field(type=T.REF, ref="Study", en="Study", zh="所属项目", tier=2, items=("ADD-34",))
    arm = Field(type=T.STRING, en="Arm", zh="组别", tier=2, items=("ADD-34",))
    same_person_as = Field(
        type=T.REF, ref="Donor", en="Same person as", zh="同一人供者", tier=3, items=("ADD-35",),
        note="The donor who is this subject; needed before an autologous lot is given. Kept sealed.",
        source="specification 1.2.1 (S-03)",
    )  # fmt: skip


class Person(Kind):
    """A member of staff, or whoever else acts or asks."""

    en, zh, colour, shape = "Person", "人员", _GREY, "ellipse"
    tier, is_person = 1, True

    name = Field(type=T.STRING, en="Name", zh="姓名", tier=1, items=("ADD-15",))
    role = Field(type=T.STRING, en="Role", zh="岗位", tier=1, items=("ADD-15",))
    contact = Field(
        type=T.STRING, en="Contact", zh="联系方式", tier=3, items=("F-02", "OUT-02"), aliases=("申请人联系方式",)
    )
    qualification_documents = Field(
        type=T.LINK, ref="Document", many=True, en="Personnel qualifications", zh="人员资质", tier=1,
        items=("F-04", "F-09"),
    )  # fmt: skip


class Institution(Kind):
    """An organisation that sponsors, prepares, tests, stores or treats."""

    en, zh, colour, shape = "Institution", "机构", _GREY, "box"
    tier = 1

    name = Field(type=T.STRING, en="Institution name", zh="机构名称", tier=1, items=("ADD-15",))
    qualification_documents = Field(
        type=T.LINK, ref="Document", many=True, en="Qualification documents", zh="资质认定材料", tier=1, items=("F-01",)
    )
    principal_officer = Field(
        type=T.REF, ref="Person", en="Principal officer", zh="机构主要负责人", tier=3, items=("F-02",),
        note="The contact is recorded with the person.",
    )  # fmt: skip
    facilities_and_equipment = Field(
        type=T.LINK, ref="Equipment", many=True, en="Facilities and equipment", zh="设施设备", tier=1, items=("F-03",),
        note="Keys of equipment, or documents that list it.",
    )  # fmt: skip
    quality_manual = Field(type=T.LINK, ref="Document", en="Quality manual", zh="质量手册", tier=1, items=("F-06",))
    work_regulations = Field(
        type=T.LINK, ref="Document", many=True, en="Work regulations", zh="工作制度", tier=1, items=("F-07",)
    )
    standard_operating_procedures = Field(
        type=T.LINK, ref="Document", many=True, en="Standard operating procedures", zh="标准操作规程", tier=1,
        items=("F-08",),
    )  # fmt: skip


class Study(Kind):
    """A clinical study as filed."""

    en, zh, colour, shape = "Study", "研究项目", _GREY, "hexagon"

    title = Field(type=T.STRING, en="Title", zh="项目名称", tier=1, items=("ADD-15",))
    institution = Field(type=T.REF, ref="Institution", en="Institution", zh="所属机构", tier=1, items=("ADD-15",))
    principal_investigator = Field(
        type=T.REF, ref="Person", en="Principal investigator", zh="主要研究者", tier=1, items=("F-09",),
        note="The qualification documents are recorded with the person.",
    )  # fmt: skip
    investigator_brochure = Field(
        type=T.LINK, ref="Document", en="Investigator brochure", zh="研究者手册", tier=1, items=("F-10",)
    )
    project_funding = Field(
        type=T.RESULT, en="Project funding", zh="项目经费情况", tier=1, unit="CNY", items=("F-11",),
        note="An amount in yuan, or a text.",
    )  # fmt: skip
    informed_consent_template = Field(
        type=T.LINK, ref="Document", en="Informed-consent template", zh="知情同意书样稿", items=("F-12",)
    )
    ethics_committee_approval = Field(
        type=T.LINK, ref="Document", en="Ethics committee approval", zh="机构伦理委员会审查批件", tier=1,
        items=("F-13",),
    )  # fmt: skip
    ethics_committee_approval_number = Field(
        type=T.STRING, en="Ethics committee approval number", zh="伦理批件号", tier=1, items=("F-13",)
    )
    ethics_committee_approval_date = Field(
        type=T.DATE, en="Ethics committee approval date", zh="伦理批件日期", tier=1, items=("F-13",)
    )
    academic_committee_approval = Field(
        type=T.LINK, ref="Document", en="Academic committee approval", zh="机构学术委员会审查批件", tier=1,
        items=("F-14",),
    )  # fmt: skip
    academic_committee_approval_date = Field(
        type=T.DATE, en="Academic committee approval date", zh="学术批件日期", tier=1, items=("F-14",)
    )
    project_filing_documents = Field(
        type=T.LINK, ref="Document", many=True, en="Project filing documents", zh="项目备案材料", tier=1,
        items=("F-15",),
    )  # fmt: skip
    project_filing_number = Field(type=T.STRING, en="Project filing number", zh="项目备案号", tier=1, items=("F-15",))
    integrity_commitment = Field(
        type=T.LINK, ref="Document", en="Integrity commitment", zh="诚信承诺书", tier=1, items=("F-16",)
    )


class QCResult(Kind):
    """What one test of one item found."""

    en, zh, colour, shape = "QC result", "检测结果", _GREEN, "diamond"

    test_item = Field(
        type=T.CHOICE, en="Test item", zh="检测项目", items=("QCI-09", "QCR-06", "ADD-33"), choices=words.TEST_ITEMS
    )
    test_method = Field(
        type=T.CHOICE, en="Test method", zh="检测方法", items=("QCI-10", "QCR-08", "ADD-33"),
        choices=words.TEST_METHODS,
    )  # fmt: skip
    test_result = Field(
        type=T.RESULT, en="Test result", zh="检测结果", tier=2, items=("QCI-11", "VER-09", "ADD-33"),
        unit_field="test_result_unit", aliases=("验证结果",),
        note="A number or a word. Tier 3 for tests of a donor or subject and for genetic items.",
    )  # fmt: skip
    test_result_unit = Field(
        type=T.STRING, en="Unit of the test result", zh="检测结果单位", items=("QCI-11",), aliases=("结果单位",)
    )
    test_conclusion = Field(
        type=T.CHOICE, en="Conclusion of the test item", zh="项目检测结论", tier=2, items=("ADD-33",),
        choices=words.CONCLUSIONS, closed=True,
    )  # fmt: skip


class AdverseEvent(Kind):
    """Something untoward that a subject experienced."""

    en, zh, colour, shape = "Adverse event", "不良事件", _VERMILION, "diamond"
    tier = 2

    term = Field(type=T.TEXT, en="Adverse event term", zh="不良事件名称", tier=3, items=("ADD-42",))
    seriousness = Field(
        type=T.CHOICE, en="Seriousness", zh="严重性", tier=3, items=("ADD-42",), choices=words.SERIOUSNESSES
    )
    outcome = Field(type=T.CHOICE, en="Outcome", zh="转归", tier=3, items=("ADD-42",), choices=words.OUTCOMES)
    causality = Field(type=T.CHOICE, en="Causality", zh="相关性", tier=3, items=("ADD-42",), choices=words.CAUSALITIES)
    onset_time = Field(type=T.TIME, en="Onset time", zh="发生时间", tier=2, items=("ADD-43",))


class Document(Kind):
    """A document by its title, version and digest; its text stays where it is kept."""

    en, zh, colour, shape = "Document", "文件", _SKY, "box"
    tier = 1

    title = Field(type=T.STRING, en="Document title", zh="文件名称", tier=1, items=("ADD-46",))
    version = Field(type=T.STRING, en="Version", zh="版本", tier=1, items=("ADD-46",))
    digest = Field(type=T.STRING, en="Digest", zh="摘要", tier=1, items=("ADD-46",))
    location = Field(type=T.STRING, en="Location", zh="位置", tier=1, items=("ADD-46",))


class ReferenceRange(Kind):
    """The limits that one value should keep: the reference limits, and the wider ones still allowed."""

    en, zh, colour, shape = "Reference range", "参考范围", _DARK, "triangle"

    field = Field(type=T.STRING, en="Field", zh="字段", items=("ADD-47",), note="A field's name, or a name in a map.")
    item = Field(
        type=T.CHOICE, en="Test item", zh="检测项目", items=("ADD-47",), choices=words.TEST_ITEMS,
        note="Where it is the result of a test.",
    )  # fmt: skip
    cell_type = Field(
        type=T.CHOICE, en="Cell type", zh="细胞类型", items=("ADD-47",), choices=words.CELL_TYPES,
        note="Left out: any.",
    )  # fmt: skip
    protocol = Field(type=T.LINK, ref="Document", en="Protocol", zh="方案", items=("ADD-47",), note="Left out: any.")
    low = Field(type=T.NUMBER, en="Low", zh="下限", items=("ADD-47",))
    high = Field(type=T.NUMBER, en="High", zh="上限", items=("ADD-47",))
    allowed_low = Field(type=T.NUMBER, en="Allowed low", zh="允许下限", items=("ADD-47",))
    allowed_high = Field(type=T.NUMBER, en="Allowed high", zh="允许上限", items=("ADD-47",))
    expected = Field(
        type=T.STRING, many=True, en="Expected words", zh="预期结果", items=("ADD-47",),
        note="Where the result is a word: those that are within the range.",
    )  # fmt: skip
    kind = Field(type=T.CHOICE, en="Kind of range", zh="范围类别", items=("ADD-47",), choices=words.RANGE_KINDS)
    valid_from = Field(type=T.DATE, en="Valid from", zh="生效日期", items=("ADD-47",))
    valid_to = Field(type=T.DATE, en="Valid to", zh="失效日期", items=("ADD-47",))
    reason = Field(type=T.TEXT, en="Reason", zh="依据", items=("ADD-47",))


_ALL: tuple[type[Kind], ...] = (
    Donor, Tissue, CellLot, CellUnit, Reagent, Equipment, StoragePosition, Subject, Person, Institution, Study,
    QCResult, AdverseEvent, Document, ReferenceRange,
)  # fmt: skip
KINDS: dict[str, type[Kind]] = {kind.__name__: kind for kind in _ALL}

# Fields that a thing is known by, besides its key: they can be searched. Sealed ones cannot.
NAMING_FIELDS: tuple[str, ...] = ("name", "title", "lot_number", "cell_id", "subject_code")


def _upper_snake(name: str) -> str:
    """``CELL_LOT`` for ``CellLot``, ``QC_RESULT`` for ``QCResult``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()


_CODES: dict[str, str] = {name: _upper_snake(name) for name in KINDS}
_KINDS_BY_CODE: dict[str, str] = {code: name for name, code in _CODES.items()}


def kind_code(kind: str) -> str:
    """``CELL_LOT`` for ``CellLot``: the name in GraphQL's NodeKind. KeyError for what is no kind."""
    return _CODES[kind]


def kind_of_code(code: str) -> str:
    """``CellLot`` for ``CELL_LOT``. KeyError for what is no code of a kind."""
    return _KINDS_BY_CODE[code]
