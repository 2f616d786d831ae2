"""What a picture says, in English and Chinese; and names of things from the vocabulary in the reader's language."""

from __future__ import annotations

from typing import Final

from graph.vocabulary import KINDS, OPERATIONS, USES, Field, Part, Words

__all__ = ["LANGUAGES", "Speech", "edge_label", "kind_label", "name_in"]

LANGUAGES: Final = {"en": "en", "zh": "zh-CN"}  # our name -> the tag for browsers

_WORDS: Final = Words(
    {
        "forward_title": ("What became of {start}", "{start} 的去向"),
        "backward_title": ("Where {start} came from", "{start} 的来源"),
        "complete": ("Complete", "完整"),
        "incomplete": ("Not complete", "不完整"),
        "as_of_seq": ("At ledger entry", "截至账本条目"),
        "known_at": ("As the records stood on", "按此时已有记录"),
        "more_beyond": (
            "There is more beyond {depth} steps: the question stopped there.",
            "{depth} 步之后还有内容：查询在此停止。",
        ),
        "unrecorded": ("Origin not recorded: {names}.", "来源未记录：{names}。"),
        "and_more": ("and {count} more", "另有 {count} 项"),
        "hidden": (
            "{count} are shown as •1, •2 …: your role may not see their codes.",
            "{count} 项以 •1、•2 … 显示：您的角色无权查看其编号。",
        ),
        "only_listed": (
            "Listed are only: {what}. All was followed.",
            "仅列出：{what}。追溯本身未受限制。",
        ),
        "things": ("Things", "对象"),
        "in_all": ("{total} things", "共 {total} 项"),
        "links": ("Links", "关联"),
        "of_which": ("of these", "其中"),
        "picture": ("Picture", "谱系图"),
        "picture_of": (
            "Picture of the lineage; the tables below say the same.",
            "谱系图；下方表格内容相同。",
        ),
        "no_script": (
            "The picture needs scripts. The tables below say the same.",
            "显示谱系图需要启用脚本。下方表格内容相同。",
        ),
        "how_to": (
            "Drag to move; Ctrl and wheel, or the buttons, to zoom; point at a shape or line for its record, click it to stay.",
            "拖动可平移；按住 Ctrl 滚动或用按钮可缩放；指向图形或连线可查看记录，单击可固定显示。",
        ),
        "search_in": ("Find in the picture", "在图中查找"),
        "next": ("Next", "下一个"),
        "matches": ("{at} of {count}", "第 {at} 项，共 {count} 项"),
        "no_match": ("Nothing drawn has this in its name.", "图中没有此名称。"),
        "whole_as": ("Whole picture as", "整图保存为"),
        "closer": ("Closer", "放大"),
        "farther": ("Farther", "缩小"),
        "whole": ("Whole picture", "全图"),
        "details": ("Details", "详情"),
        "nothing_chosen": (
            "Nothing chosen yet: click a shape or a line, or a name in the tables.",
            "尚未选择：请单击图形、连线或表格中的名称。",
        ),
        "rolled_up": (
            "{total} things, too many to draw one by one: {grouped} of them are rolled up by kind and generation (groups: {groups}).",
            "共 {total} 项，无法逐一绘出：其中 {grouped} 项按类别和代合并为 {groups} 组。",
        ),
        "see_smaller": ("One by one:", "逐一显示："),
        "first_steps": ("the first {depth} steps ({count})", "前 {depth} 步（{count} 项）"),
        "only_lineage": ("only the lineage ({count})", "仅谱系（{count} 项）"),
        "generation": ("Generation", "代"),
        "sources_of": ("what {thing} came from", "{thing} 的来源"),
        "results_of": ("what became of {thing}", "{thing} 的去向"),
        "open_sources": ("Show here, one by one, what it came from", "在图中逐一显示其来源"),
        "open_results": ("Show here, one by one, what became of it", "在图中逐一显示其去向"),
        "open_cause": ("Show here what affected it", "在图中显示影响它的对象"),
        "open_affected": ("Show here, one by one, what it affected", "在图中逐一显示受其影响的对象"),
        "affected_by": ("affected by {thing}", "受 {thing} 影响"),
        "put_back": ("Put it back into its group", "放回所在组"),
        "put_all_back": ("put everything back into groups", "全部恢复为分组"),
        "one_of_them": ("One of them, by its id", "按编号显示其中一项"),
        "show_it": ("Show it", "显示"),
        "not_in_answer": ("Not in this answer: {names}.", "不在此结果中：{names}。"),
        "generation_of": ("generation {generation}", "第 {generation} 代"),
        "beside_generation": ("beside generation {generation}", "第 {generation} 代旁"),
        "start": ("Start", "起点"),
        "legend": ("Legend", "图例"),
        "legend_filter": (
            "Untick a kind to leave it out; what connects the rest stays, pale.",
            "取消勾选某类别即可将其隐去；连接其余对象者以浅色保留。",
        ),
        "legend_material": ("material goes into material", "物料传递"),
        "legend_into": ("was used in it", "用于其中"),
        "legend_out_of": ("came of it, or where it was", "其结果或所在位置"),
        "legend_start": ("thick rim: the start", "粗边框：起点"),
        "legend_group": ("a stack: a group, with how many it holds", "叠放：一组，标有数量"),
        "legend_reading": (
            "Material flows from left to right: the lineage in the middle, what went into it above, what came of it below.",
            "物料自左向右流动。中间为谱系；上方为投入，下方为结果与位置。",
        ),
        "kind": ("Kind", "类别"),
        "id": ("Id", "编号"),
        "count": ("How many", "项数"),
        "place": ("Place in the lineage", "谱系位置"),
        "steps": ("Steps from the start", "距起点步数"),
        "recorded": ("Recorded", "记录内容"),
        "names_first": ("First of them", "前几项"),
        "act": ("Operation", "操作"),
        "from": ("From", "自"),
        "to": ("To", "至"),
        "start_time": ("Start", "开始"),
        "end_time": ("End", "结束"),
        "still_open": ("still going on", "进行中"),
        "masked": ("Not shown to your role", "您的角色不可见"),
        "stub": ("Only named so far, not described", "仅有编号，尚无记录"),
        "hidden_code": ("Your role may not see this code", "您的角色无权查看此编号"),
        "holds": ("Holds", "包含"),
        "made_by": ("Made by", "产生于"),
        "trace_backward": ("Where it came from", "来源"),
        "trace_forward": ("What became of it", "去向"),
        "own_page": ("Its page", "详情页"),
        "as_list": ("As a list", "列表"),
        "turn_round": ("Ask the other way", "反向追溯"),
        "start_page": ("Start page", "首页"),
        "units_more": ("{first} … {count} in all", "{first} … 共 {count} 个"),
        "yes": ("yes", "是"),
        "no": ("no", "否"),
        "nothing": ("–", "–"),
        "joined": (", ", "、"),
        "colon": (": ", "："),
        "impact_title": ("{hazard}: what {seeds} affects", "{hazard}：{seeds} 的影响范围"),
        "picture_of_impact": (
            "Picture of what is affected, since when and by what; the tables below say the same.",
            "受影响对象、起始时间与途径图；下方表格内容相同。",
        ),
        "impact_reading": (
            "Time runs from left to right (offset {zone}), shortened where nothing happens; what is affected by a weaker channel stands in a lower band. Choose a thing to see the path that reached it first.",
            "时间自左向右（时区 {zone}），无事件处缩短；途径越弱所在的带越低。选择一个对象可查看最先到达它的路径。",
        ),
        "impact_rolled_up": (
            "{total} things, too many to draw one by one: {grouped} of them are rolled up by tier, kind and time (groups: {groups}).",
            "共 {total} 项，无法逐一绘出：其中 {grouped} 项按层级、类别和时间合并为 {groups} 组。",
        ),
        "stopped": ("The search was stopped: more may be affected.", "搜索被中止：可能还有其他受影响对象。"),
        "part_drawn": (
            "Only a part of the answer is asked for here: {count} of it.",
            "此处仅显示结果的一部分：{count} 项。",
        ),
        "not_affected": ("{target} is not affected.", "{target} 未受影响。"),
        "tier": ("Tier", "层级"),
        "tier_1": ("1 material", "1 物料"),
        "tier_2": ("2 equipment", "2 设备"),
        "tier_3": ("3 storage", "3 存储"),
        "since": ("Affected from", "受影响自"),
        "always": ("always", "始终"),
        "since_masked": ("not shown", "不显示"),
        "reached_by": ("Reached by", "经由"),
        "affected": ("What is affected", "受影响对象"),
        "carriers": ("Runs and stays that carried it", "传递途径：设备使用与存放"),
        "carrier": ("carried it; not itself affected material", "传递途径，本身不是受影响物料"),
        "carried": ("{count} were reached by it", "经此到达 {count} 项"),
        "seed": ("where it begins", "源头"),
        "uncertain": ("uncertain: a time that is not exact lies on its path", "不确定：路径上有不精确的时间"),
        "beside": ("not asked for; lies on the path", "未被选中；位于路径上"),
        "window": ("time asked about", "所问时段"),
        "open_group": ("Show this group alone", "单独显示此组"),
        "path_to_it": ("Link to its path", "其路径的链接"),
        "path_of": ("How {target} was reached first", "最先到达 {target} 的路径"),
        "legend_carried": ("by a machine, position or person", "经由设备、位置或人员"),
        "legend_run": ("run of a machine, from start to end", "设备使用时段"),
        "legend_several": (
            "machine or position, from the first to the last thing reached by it (hatched: position)",
            "设备或位置，自经此到达的首项至末项（斜线：位置）",
        ),
        "legend_stay": ("stay in a position, or act of a person", "存放时段或人员操作"),
        "legend_seed": ("thick rim: where it begins", "粗边框：源头"),
        "legend_uncertain": ("dashed rim and ?: uncertain since when", "虚线边框加 ?：起始时间不确定"),
        "contents_title": ("What stands in {position}: {moment}", "{position} 内的存放物：{moment}"),
        "picture_of_contents": (
            "Plan of what stands in the place, position by position; the tables below say the same.",
            "该位置内存放物的平面图，按位置分层；下方表格内容相同。",
        ),
        "contents_reading": (
            "Each box is a position, within the position it stands in; in it is what stands there. Choose a box to go into it.",
            "每个方框为一个位置，套在其所在位置之内，框中为存放物。选择方框可进入该位置。",
        ),
        "contents_rolled_up": (
            "{total} things, too many to draw one by one: {grouped} of them are rolled up by the position directly below and kind (groups: {groups}).",
            "共 {total} 项，无法逐一绘出：其中 {grouped} 项按下一级位置和类别合并为 {groups} 组。",
        ),
        "moment": ("Moment", "时刻"),
        "moment_is_day": (
            "What stood there at some time of the day is shown: your role may not see when persons were treated.",
            "显示该日内曾存放的对象：您的角色不可见人员治疗时间。",
        ),
        "affected_of": (
            "{affected} affected, {clean} not affected",
            "受影响 {affected} 项，未受影响 {clean} 项",
        ),
        "uncertain_of": (
            "Uncertain whether or where it stands there, as a time is not exact (dashed, ?): {count}.",
            "因时间不精确，是否在此或在何处不确定（虚线，?）：{count} 项。",
        ),
        "affected_later": (
            "Affected only from a time after this moment: {count}.",
            "仅在此时刻之后才受影响：{count} 项。",
        ),
        "empty_positions": ("Empty positions below it: {count}.", "其下 {count} 个位置为空。"),
        "nothing_there": ("Nothing stood there.", "此处无存放物。"),
        "so_many": ("{count} in it", "内有 {count} 项"),
        "affected_count": ("▲ {count} affected", "▲ {count} 项受影响"),
        "more_positions": ("further positions: {count}", "另 {count} 个位置"),
        "stands_here": ("What stands here, and what of it is affected", "此处存放物及受影响情况"),
        "go_into": ("Go into it", "进入该位置"),
        "go_up": ("Go up to {position}", "返回上级 {position}"),
        "these_as_list": ("These as a list", "以列表显示"),
        "where": ("Where", "位置"),
        "position": ("Position", "位置"),
        "level": ("Level", "层级"),
        "stands_since": ("There since", "存放自"),
        "stands_until": ("Until", "至"),
        "disposition": ("Disposition", "状态"),
        "amount": ("Amount", "数量"),
        "is_affected": ("Affected", "受影响"),
        "is_clean": ("not affected", "未受影响"),
        "left_there": ("left where it was made, not stored yet", "制备后暂放，尚未入库"),
        "where_uncertain": (
            "uncertain: by a time that is not exact it may stand elsewhere, or not yet or no longer here",
            "不确定：因时间不精确，可能在别处，或尚未存入、已取出",
        ),
        "uncertain_part": (
            "? of {count} it is uncertain whether or where they stand here",
            "? 其中 {count} 项是否在此或在何处不确定",
        ),
        "only_affected": ("only what is affected ({count})", "仅受影响项（{count} 项）"),
        "what_stands_there": ("What stands there", "存放物"),
        "positions": ("Positions", "位置"),
        "legend_position": ("position, with what stands in it", "位置及其存放物"),
        "legend_affected": ("thick rim and ▲: affected, tier {tier}", "粗边框加 ▲：受影响，层级 {tier}"),
        "legend_clean": ("white, thin rim: not affected", "白色细边框：未受影响"),
        "legend_place_uncertain": ("dashed rim and ?: may stand there", "虚线边框加 ?：可能在此"),
        "whereabouts_title": ("Where {thing} has been", "{thing} 的去向与存放"),
        "picture_of_whereabouts": (
            "Picture of where it has been over time, a band for each place; the table below says the same.",
            "各时段所在位置图，每条带为一个位置；下方表格内容相同。",
        ),
        "whereabouts_reading": (
            "Time runs from left to right (offset {zone}), shortened where nothing happens; each band is a place with what it stood in. A pointed end goes on; where the outline is broken, it was there only perhaps, for a time is not exact.",
            "时间自左向右（时区 {zone}），无事件处缩短；每条带为一个位置及其上级位置。尖端表示仍在继续；虚线轮廓部分因时间不精确而不确定。",
        ),
        "whereabouts_rolled_up": (
            "{total} intervals, too many to draw one by one: {grouped} of them are rolled up by place and manner (groups: {groups}).",
            "共 {total} 个时段，无法逐一绘出：其中 {grouped} 个按位置和方式合并为 {groups} 组。",
        ),
        "in_intervals": ("{total} intervals", "共 {total} 个时段"),
        "intervals": ("Intervals", "时段"),
        "manner": ("How", "方式"),
        "manner_operation": ("At an operation", "操作中"),
        "manner_run": ("On a machine", "设备使用"),
        "manner_temporary": ("Left for the time being", "暂存"),
        "manner_stay": ("Stored", "存放"),
        "manner_count": ("Seen by an inventory", "盘点所见"),
        "manner_on_the_way": ("On the way", "运输途中"),
        "manner_arrived": ("At the site, place not recorded", "已到达机构，具体位置未记录"),
        "manner_taken": ("Used up, given or destroyed", "已用尽、给予或销毁"),
        "manner_gap": ("Nowhere recorded", "无位置记录"),
        "no_place": ("place not recorded", "位置未记录"),
        "way_to": ("on the way to {place}", "运往 {place}"),
        "which": ("Which of it", "哪一部分"),
        "all_units": ("all {count} units", "全部 {count} 个单位"),
        "whole_of_it": ("all of it", "全部"),
        "some_units": ("{count} units: {names}", "{count} 个单位：{names}"),
        "one_unit": ("unit {names}", "单位 {names}"),
        "names_and_more": ("{names} …", "{names} …"),
        "began_by": ("Begun by", "开始操作"),
        "ended_by": ("Ended by", "结束操作"),
        "by_person": ("{act} · {person}", "{act} · {person}"),
        "at_the_latest": ("at the latest {end}", "最晚 {end}"),
        "end_not_recorded": ("not recorded", "未记录"),
        "nothing_since": ("nothing recorded since", "此后无记录"),
        "assumed": (
            "Which part of a counted lot an operation took is not recorded: it is told as the rules of the ledger draw it.",
            "计数批次中具体取用了哪一部分并无记录：此处按账本规则的取用次序说明。",
        ),
        "contradict": (
            "The records contradict each other as known then: {operations}.",
            "按当时已知，记录相互矛盾：{operations}。",
        ),
        "only_within": ("Only what was in {place} is shown here.", "此处仅显示在 {place} 中的时段。"),
        "place_name": ("Where", "位置"),
        "only_this_place": ("Only what was there", "仅显示此位置"),
        "whole_answer": ("All of it", "全部"),
        "part_before": ("The part before", "上一部分"),
        "part_after": ("The part after", "下一部分"),
        "part_of_parts": (
            "Part {part} of {parts}, in the order of time.",
            "按时间顺序的第 {part} 部分，共 {parts} 部分。",
        ),
        "legend_went_on": ("some of it went on", "其中部分转移"),
        "legend_open": ("goes on", "仍在继续"),
        "legend_inexact": ("begin or end not exact", "起止时间不精确"),
        "legend_several_intervals": ("several intervals, from the first to the last", "多个时段，自首个至末个"),
        "drawn_with": (
            "Drawn with vis-network 9.1.2 (Apache-2.0 or MIT), inside this page. Nothing is loaded from elsewhere.",
            "由 vis-network 9.1.2（Apache-2.0 或 MIT）绘制，已内置于本页，不加载任何外部内容。",
        ),
    }
)
# Edges that are no operation's own.
_EDGES: Final = Words(
    {
        **{use.edge: (use.en, use.zh) for use in USES.values()},
        "CONTAINS": ("Contains", "包含"),
        "PART_OF": ("Part of", "位于"),
        "STUDY": ("Study", "所属项目"),
        "OPERATOR": ("Operator", "操作人"),
        "PERFORMING_ORG": ("Performing organisation", "执行机构"),
        "OPERATION_LOCATION": ("Operation location", "操作地点"),
        "TEMPORARY_STORAGE_LOCATION": ("Temporary storage location", "暂存位置"),
    }
)


class Speech:
    """The words of one language: ``say("known_at")``, ``say("more_beyond", depth=3)``."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.tag = LANGUAGES[language]

    def __call__(self, word: str, **values: object) -> str:
        text = _WORDS.label(word, self.language)
        return text.format(**values) if values else text


def name_in(named: Field | type[Part], language: str) -> str:
    """What a kind, an operation or a field is called."""
    return named.zh if language == "zh" else named.en


def kind_label(kind: str, language: str) -> str:
    return name_in(KINDS[kind], language)


def edge_label(edge_type: str, language: str) -> str:
    if edge_type in OPERATIONS:
        return name_in(OPERATIONS[edge_type], language)
    return _EDGES.label(edge_type, language)
