"""The empty workbook to fill in: a sheet for each type of record, with headings, drop-downs and room to print.

Everything in it is derived from the vocabulary; only the instructions are written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from exchange.workbook.columns import Column, Sheet, choices_of
from exchange.workbook.plans import sheets
from exchange.workbook.words import CHOICES_SHEET, INSTRUCTIONS, SETTINGS
from graph.vocabulary import KINDS, FieldType, Item, Words

__all__ = ["Language", "write_template"]

Language = Literal["zh", "en", "both"]
T = FieldType

_ROWS_TO_PRINT: Final = 12  # ruled by hand on paper; in the program there is no end of rows
_LAST_ROW: Final = 20_000
_WIDTH: Final = 16  # of a column, in digits
_LINE = Side(style="thin", color="BBBBBB")
_RULED = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_GROUP = PatternFill("solid", start_color="DDE6F0")
_HEADING = PatternFill("solid", start_color="EEF2F7")
_REQUIRED = PatternFill("solid", start_color="FCE8D5")
_NOTE = Font(size=8, italic=True, color="666666")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="center", horizontal="center")

# Chinese and English of what to enter, by the shape of the field.
_SHAPES: Final[dict[FieldType, tuple[str, str]]] = {
    T.TIME: ("日期时间 2025-01-18 10:00", "date and time 2025-01-18 10:00"),
    T.DATE: ("日期 2025-01-18", "date 2025-01-18"),
    T.INTEGER: ("整数", "whole number"),
    T.NUMBER: ("数值", "number"),
    T.DURATION: ("数值", "number"),
    T.BOOLEAN: ("是/否", "yes/no"),
    T.RANGE: ("范围 2..8", "range 2..8"),
    T.SERIES: ("数值，或 min=…; max=…; mean=…", "number, or min=…; max=…; mean=…"),
    T.MAP: ("名称=值; 名称=值", "name=value; name=value"),
}
_MAPS_BY_NAME: Final = {
    "cooling_program": ("速率=-1, 目标温度=-40; 速率=-5, 目标温度=-90", "rate=-1, target=-40; rate=-5, target=-90"),
    "replacement": ("更正后操作的编号，或 作废", "id of the operation as it was, or void"),
}


def write_template(path: Path, language: Language = "both") -> None:
    """Writes the workbook. ``language`` is that of headings, drop-downs and instructions; "both" has each."""
    workbook = Workbook()
    first = workbook.active
    if not isinstance(first, Worksheet):  # what openpyxl's types leave open
        raise TypeError("a new workbook begins with a worksheet")
    choices = _Choices(language)
    _instructions(first, language)
    for sheet in sheets():
        worksheet = workbook.create_sheet(_title(sheet.zh, sheet.en, language))
        _sheet(worksheet, sheet, language, choices)
    choices.write(workbook.create_sheet(CHOICES_SHEET))
    workbook.properties.title = "stemgraph"
    workbook.properties.creator = "stemgraph"
    workbook.save(path)


def _title(zh: str, en: str, language: Language) -> str:
    """Excel allows 31 characters and no slash."""
    text = {"zh": zh, "en": en, "both": f"{zh} {en}"}[language]
    return text.replace("/", " ")[:31].strip()


def _languages(language: Language) -> tuple[str, ...]:
    return ("zh", "en") if language == "both" else (language,)


# -- one sheet ------------------------------------------------------------------------------------------------------


def _sheet(worksheet: Worksheet, sheet: Sheet, language: Language, choices: _Choices) -> None:
    columns = [column for column in sheet.columns if column.is_offered]
    layers = _layers(sheet, columns)
    row = 1
    for name in _languages(language):
        for layer in layers:
            _group_row(worksheet, row, layer, name)
            row += 1
    for name in _languages(language):
        _set_height(worksheet, row, [(getattr(column, name), _WIDTH) for column in columns])
        for position, column in enumerate(columns, 1):
            cell = _cell(worksheet, row, position, getattr(column, name))
            cell.font, cell.alignment, cell.border = _BOLD, _WRAPPED, _RULED
            cell.fill = _REQUIRED if column.is_required else _HEADING
        row += 1
    for position, column in enumerate(columns, 1):
        cell = _cell(worksheet, row, position, _note(column, language))
        cell.font, cell.alignment, cell.border = _NOTE, _WRAPPED, _RULED
        letter = get_column_letter(position)
        dimension = worksheet.column_dimensions[letter]
        dimension.width = _WIDTH
        dimension.number_format = _format(column)
        _validate(worksheet, column, f"{letter}{row + 1}:{letter}{_LAST_ROW}", choices)
        for ruled in range(row + 1, row + 1 + _ROWS_TO_PRINT):
            blank = _cell(worksheet, ruled, position)
            blank.border, blank.number_format = _RULED, _format(column)
    _set_height(worksheet, row, [(_note(column, language), _WIDTH * 1.3) for column in columns], points=11)
    worksheet.freeze_panes = f"B{row + 1}"
    _print_setup(worksheet, header_rows=row, columns=len(columns))


def _set_height(worksheet: Worksheet, row: int, texts: Sequence[tuple[str, float]], *, points: int = 15) -> None:
    """Room for the longest of the texts, each wrapped in its width: not every program finds it by itself."""
    lines = max(
        sum(-(-_width(line) // int(width * 0.9)) or 1 for line in text.splitlines() or [""]) for text, width in texts
    )
    worksheet.row_dimensions[row].height = lines * points + 2


def _width(text: str) -> int:
    """In widths of a digit; a Chinese character has two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _layers(sheet: Sheet, columns: Sequence[Column]) -> list[dict[tuple[int, int], Item]]:
    """Rows of group headings: (first, last column, counted from 1) -> item. No two of a row overlap."""
    layers: list[dict[tuple[int, int], Item]] = []
    for item, members in sheet.groups:
        positions = [number for number, column in enumerate(columns, 1) if column.member in members]
        for span in _runs(positions):
            free = next((layer for layer in layers if not any(_overlap(span, other) for other in layer)), None)
            if free is None:
                layers.append(free := {})
            free[span] = item
    return layers


def _cell(worksheet: Worksheet, row: int, position: int, value: object = None) -> Any:
    """The cell, whose types leave open whether it can be styled; none here is the inside of a merged one."""
    anyhow: Any = worksheet
    return anyhow.cell(row, position, value)


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = None
    for position, following in zip(positions, (*positions[1:], None), strict=True):
        start = position if start is None else start
        if following != position + 1:
            yield start, position
            start = None


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _group_row(worksheet: Worksheet, row: int, layer: dict[tuple[int, int], Item], name: str) -> None:
    _set_height(
        worksheet, row, [(getattr(item, name), _WIDTH * (last - first + 1)) for (first, last), item in layer.items()]
    )
    for (first, last), item in layer.items():
        cell = _cell(worksheet, row, first, getattr(item, name))
        cell.font, cell.fill, cell.alignment, cell.border = _BOLD, _GROUP, _WRAPPED, _RULED
        if last > first:
            worksheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _note(column: Column, language: Language) -> str:
    """What to enter, in brackets: whether it must be, its unit, its shape."""
    notes = []
    for name in _languages(language):
        number = 0 if name == "zh" else 1
        parts = [("必填", "required")[number]] if column.is_required else []
        if column.declared.many and column.declared.type is not T.MAP and column.path != "units":
            parts.append(("多个用 ; 分隔", "several: separate by ;")[number])
        if shape := _shape(column):
            parts.append(shape[number])
        if column.declared.unit:
            parts.append(column.declared.unit)
        notes.append(" · ".join(parts) or ("文本", "text")[number])
    return f"[{' | '.join(notes)}]"


def _shape(column: Column) -> tuple[str, str] | None:
    """What a cell of the column looks like, in Chinese and English; None where any text will do."""
    declared = column.declared
    if column.kinds:
        return "选择类别", "choose the kind"
    if column.path == "units":
        return "如 WCB1#1-20", "like WCB1#1-20"
    if choices_of(column) is not None and declared.type is not T.BOOLEAN:
        return ("从列表选择", "choose") if declared.closed else ("从列表选择，或自填", "choose, or your own word")
    if declared.ref and declared.type in (T.REF, T.LINK):
        kind = KINDS[declared.ref]
        shape = f"{kind.zh}编号", f"{kind.en.lower()} id"
        return shape if declared.type is T.REF else (f"{shape[0]}或文本", f"{shape[1]} or text")
    return _MAPS_BY_NAME.get(declared.name) or _SHAPES.get(_type(column))


def _type(column: Column) -> FieldType:
    # where the specification asks for a day (检测日期), a cell that offers hours would turn it into midnight
    is_day = column.declared.type is T.TIME and column.zh.endswith("日期")
    return T.DATE if is_day else column.declared.type


def _format(column: Column) -> str:
    kind = _type(column)
    if column.kinds or kind in (T.INTEGER, T.NUMBER, T.DURATION, T.SERIES, T.RESULT, T.CHOICE, T.BOOLEAN):
        return "General"
    return {T.TIME: "yyyy-mm-dd hh:mm", T.DATE: "yyyy-mm-dd"}.get(kind, "@")


def _validate(worksheet: Worksheet, column: Column, cells: str, choices: _Choices) -> None:
    words = choices_of(column)
    if words is None or (column.declared.many and not column.kinds):
        return  # several of a list cannot be picked from a drop-down
    is_closed = column.declared.closed or bool(column.kinds) or column.declared.type is T.BOOLEAN
    validation = DataValidation(type="list", formula1=choices.reference(words), allow_blank=True)
    validation.showErrorMessage = is_closed
    validation.errorTitle, validation.error = "stemgraph", "请从列表中选择 / Choose one of the list"
    validation.add(cells)
    worksheet.add_data_validation(validation)


def _print_setup(worksheet: Worksheet, *, header_rows: int, columns: int) -> None:
    """A4 across, about ten columns a page, headings and ids on each; source: specification 4 (R-06)."""
    _page(worksheet, orientation="landscape", pages_across=-(-columns // 10))
    worksheet.print_title_rows = f"1:{header_rows}"
    worksheet.print_title_cols = "A:A"


def _page(worksheet: Any, *, orientation: str, pages_across: int) -> None:
    setup = worksheet.page_setup
    setup.orientation, setup.paperSize = orientation, "9"  # A4
    setup.fitToWidth, setup.fitToHeight = pages_across, 0
    worksheet.sheet_properties.pageSetUpPr.fitToPage = True
    worksheet.oddHeader.left.text = "&A"
    worksheet.oddFooter.left.text = f"stemgraph template {_version()}"
    worksheet.oddFooter.right.text = "&P / &N"


def _version() -> str:
    try:
        return version("stemgraph")
    except PackageNotFoundError:  # run from a checkout
        return "0"


# -- drop-downs -----------------------------------------------------------------------------------------------------


class _Choices:
    """The lists behind the drop-downs, a column each on a hidden sheet: one in a cell may have 255 characters only."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._columns: dict[tuple[str, ...], str] = {}

    def reference(self, words: Words) -> str:
        shown = tuple(self._shown(words, code) for code in words)
        letter = self._columns.setdefault(shown, get_column_letter(len(self._columns) + 1))
        return f"'{CHOICES_SHEET}'!${letter}$1:${letter}${len(shown)}"

    def _shown(self, words: Words, code: str) -> str:
        en, zh = words.labels[code]
        both = zh if zh == en else f"{zh} {en}"
        return {"zh": zh, "en": en, "both": both}[self._language]

    def write(self, worksheet: Worksheet) -> None:
        for shown, letter in self._columns.items():
            for row, text in enumerate(shown, 1):
                worksheet[f"{letter}{row}"] = text
        worksheet.sheet_state = "hidden"


# -- instructions ---------------------------------------------------------------------------------------------------

_STEPS: Final[tuple[tuple[str, str], ...]] = (
    (
        "先填本页上方的时区和执行机构；日期单元格都按此时区理解。",
        "First fill in the time zone and the performing organisation above; date cells are read in that zone.",
    ),
    (
        "每张表记录一类事物或一种操作；只填需要的表，空表不读。",
        "Each sheet holds one kind of thing or one type of operation. Fill in those you need; empty ones are passed over.",
    ),
    (
        "橙色列必填。方括号内的说明行不读。列可以移动、删除（必填列除外），标题中英文均可。",
        (
            "Orange columns are required. The row in brackets is not read. Columns may be moved or removed (not the required"
            " ones); headings may be in either language."
        ),
    ),
    (
        "一次操作一行；使用多种试剂、设备，或有多个输入、输出时，每种另起一行并重复操作编号，其余单元格留空或重复同样的内容。",
        (
            "One row per operation; for further reagents, machines, inputs or outputs add a row each with the same operation"
            " id, and leave the other cells empty or repeat them unchanged."
        ),
    ),
    (
        "单元（支、剂、袋）写作 WCB1#1-20；多个用 ; 分隔。",
        "Write units (vials, doses, bags) as WCB1#1-20; separate several by ;.",
    ),
    (
        "只知道日期时只填日期（格式设为日期），只知道月份时填文本 2025-01，介于两者之间时填文本 2025-01-18T09:00/2025-01-18T12:00。",
        (
            "Where only the day is known, enter it formatted as a date; a month as the text 2025-01; between two times as the"
            " text 2025-01-18T09:00/2025-01-18T12:00."
        ),
    ),
    (
        "编号中不得含姓名、身份证号、电话、电子邮件或病案号。",
        "Codes must hold no name, identity-card, telephone or medical-record number and no e-mail address.",
    ),
    (
        "不要合并数据单元格；数值列只填数值，不带单位。",
        "Do not merge cells below the headings; number columns take the bare number, without its unit.",
    ),
    (
        "更正：在相应操作表中以新编号填写正确的操作，再在“更正”表中写明原编号和新编号；未发生的操作写“作废”。",
        (
            "To correct an operation, enter it as it was, with a new id, on the sheet of its type; name both ids on the sheet"
            " Corrections. Write void where it did not happen."
        ),
    ),
    (
        "保存后运行：stemgraph import 文件.xlsx --dry-run；无误后去掉 --dry-run。",
        "Save, then run: stemgraph import FILE.xlsx --dry-run; when nothing is wrong, without --dry-run.",
    ),
)


def _instructions(worksheet: Worksheet, language: Language) -> None:
    worksheet.title = _title(*INSTRUCTIONS, language)
    worksheet.column_dimensions["A"].width = 34
    worksheet.column_dimensions["B"].width = 90
    values = {"zone": "+08:00"}
    row = 1
    for setting, names in SETTINGS.items():
        label = worksheet.cell(row, 1, _title(*names, language))
        value = worksheet.cell(row, 2, values.get(setting))
        label.font, value.fill, value.border, value.number_format = _BOLD, _REQUIRED, _RULED, "@"
        row += 1
    row += 1
    for number, texts in enumerate(_STEPS, 1):
        worksheet.cell(row, 1, number).alignment = Alignment(horizontal="right", vertical="top")
        step = "\n".join(_pick(texts, language))
        cell = worksheet.cell(row, 2, step)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        _set_height(worksheet, row, [(step, 90)])
        row += 1
    row += 1
    for sheet in sheets():
        title = _title(sheet.zh, sheet.en, language)
        link = worksheet.cell(row, 1, title)
        link.hyperlink = f"#'{title}'!A1"
        link.font = Font(color="0563C1", underline="single")
        worksheet.cell(row, 2, sheet.code if sheet.record in ("node", "operation") else sheet.record)
        row += 1
    _page(worksheet, orientation="portrait", pages_across=1)


def _pick(texts: tuple[str, str], language: Language) -> list[str]:
    return [texts[0 if name == "zh" else 1] for name in _languages(language)]
