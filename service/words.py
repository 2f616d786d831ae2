"""What the pages say, in English and Chinese. A page asks for its language's words once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.requests import HTTPConnection

__all__ = ["LANGUAGES", "language_of", "words_in"]

LANGUAGES: Final = ("en", "zh")

_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "product": ("Stem-cell lineage", "干细胞溯源"),
    "sign_in": ("Sign in", "登录"),
    "sign_out": ("Sign out", "退出"),
    "token": ("Token", "令牌"),
    "token_hint": (
        "Ask your administrator for one: stemgraph token create.",
        "请向管理员索取（stemgraph token create）。",
    ),
    "wrong_token": ("This token is not valid: mistyped, expired or revoked.", "令牌无效：输入有误、已过期或已撤销。"),
    "spent_link": (
        "This sign-in link has been used or has expired. Sign in with a token.",
        "此登录链接已使用或已过期，请使用令牌登录。",
    ),
    "signed_in_as": ("Signed in as", "当前用户"),
    "role": ("role", "角色"),
    "trace": ("Trace", "追溯"),
    "trace_hint": ("The id of a donor, tissue, lot, unit or subject", "供者、组织、细胞批、单元或受试者的编号"),
    "backward": ("backward: where it came from", "向后：来源"),
    "forward": ("forward: what became of it", "向前：去向"),
    "show_picture": ("Show the picture", "显示谱系图"),
    "questions": ("Questions in GraphQL", "GraphQL 查询"),
    "questions_hint": (
        "Every question that the service answers, with examples. Works without internet.",
        "服务可回答的全部问题及示例，无需联网。",
    ),
    "records": ("Records", "记录"),
    "export_records": ("All records as JSON Lines", "导出全部记录（JSON Lines）"),
    "import_records": ("Import a file", "导入文件"),
    "import_hint": (
        "JSON Lines, or the workbook that `stemgraph template` writes",
        "JSON Lines 文件，或 stemgraph template 生成的工作簿",
    ),
    "check_only": ("check only, apply nothing", "仅检查，不写入"),
    "send": ("Send", "提交"),
    "ledger_at": ("Ledger entries", "账本条目数"),
    "examples": ("Examples", "示例"),
    "run": ("Run", "运行"),
    "variables": ("Variables (JSON)", "变量（JSON）"),
    "answer": ("Answer", "结果"),
    "types": ("Types and fields", "类型与字段"),
    "find": ("Find", "查找"),
    "start_page": ("Start page", "首页"),
    "problem": ("This cannot be shown", "无法显示"),
    "problem_400": ("The question cannot be answered as it is asked", "无法按此方式查询"),
    "problem_403": ("Not permitted", "无权查看"),
    "problem_404": ("Not found", "未找到"),
    "problem_422": ("The answer would not be whole", "结果不完整"),
    "problem_503": ("The store does not answer at the moment", "数据库暂时无响应"),
    "not_found": ("There is no such page.", "没有此页面。"),
}


def language_of(connection: HTTPConnection) -> str:
    """``?language=``, else what the browser prefers, else English."""
    asked = connection.query_params.get("language", "")
    if asked in LANGUAGES:
        return asked
    for preference in connection.headers.get("accept-language", "").split(","):
        tag = preference.partition(";")[0].strip().lower()
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return "en"


def words_in(language: str) -> dict[str, str]:
    """Every word by its name, in one language."""
    return {name: pair[LANGUAGES.index(language)] for name, pair in _WORDS.items()}
