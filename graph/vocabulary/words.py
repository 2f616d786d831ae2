"""The closed and open sets of words in records, each with its labels in both languages.

Open sets offer what is usual; other words are kept as they are (records.md, "Choices").
"""

from __future__ import annotations

from graph.vocabulary.base import Words

__all__ = [
    "ADMINISTRATION_ROUTES",
    "AMOUNT_UNITS",
    "BLOOD_TYPES",
    "CALIBRATION_RESULTS",
    "CAUSALITIES",
    "CELL_TYPES",
    "CHANGEABLE_DISPOSITIONS",
    "CHANNELS",
    "CONCLUSIONS",
    "CONTAINER_CLOSURES",
    "DECONTAMINATION_METHODS",
    "DENSITY_UNITS",
    "DISPOSITIONS",
    "DONOR_RELATIONSHIPS",
    "ELIGIBILITY_CONCLUSIONS",
    "EQUIPMENT_CLASSES",
    "FINAL_DISPOSITIONS",
    "FORBIDDEN_CODES",
    "HAZARDS",
    "LOT_STAGES",
    "OUTCOMES",
    "POSITION_LEVELS",
    "PROCESSES",
    "QC_IN_CONCLUSIONS",
    "RANGE_KINDS",
    "REAGENT_TYPES",
    "RELEASE_CONCLUSIONS",
    "SERIOUSNESSES",
    "SEXES",
    "STORAGE_OUT_REASONS",
    "STORAGE_PHASES",
    "SYNONYMS",
    "TEST_ITEMS",
    "TEST_METHODS",
    "TISSUE_TYPES",
    "TISSUE_UNITS",
    "TRANSPORT_VEHICLES",
    "UNITS",
    "WITHDRAWAL_SCOPES",
    "normal_heading",
]

# ---- what is promised by name (closed) ----

DISPOSITIONS = Words(
    {
        "in_process": ("In process", "在制"),
        "quarantined": ("Quarantined", "待检隔离"),
        "released": ("Released", "已放行"),
        "allocated": ("Allocated", "已分配"),
        "in_transit": ("In transit", "运输中"),
        "at_site": ("At site", "已送达"),
        "returned": ("Returned", "已退回"),
        "rejected": ("Rejected", "不合格"),
        "on_hold": ("On hold", "暂停使用"),
        "retention_sample": ("Retention sample", "留样"),
        "unaccounted": ("Unaccounted", "去向不明"),
        "administered": ("Administered", "已给药"),
        "consumed_in_process": ("Consumed in process", "制备消耗"),
        "consumed_in_qc": ("Consumed in QC", "检测消耗"),
        "destroyed": ("Destroyed", "已销毁"),
    }
)
FINAL_DISPOSITIONS = ("administered", "consumed_in_process", "consumed_in_qc", "destroyed")


def _part(words: Words, *codes: str) -> Words:
    return Words({code: words.labels[code] for code in codes})


# what CHANGED_DISPOSITION may lead to; every other disposition follows from an act of its own
CHANGEABLE_DISPOSITIONS = _part(
    DISPOSITIONS, "quarantined", "returned", "rejected", "retention_sample", "destroyed", "unaccounted"
)
CONCLUSIONS = Words(
    {
        "pass": ("Pass", "合格"),
        "fail": ("Fail", "不合格"),
        "conditional": ("Conditional", "有条件合格"),
        "pending": ("Pending", "待定"),
    }
)
QC_IN_CONCLUSIONS = _part(CONCLUSIONS, "pass", "fail", "pending")
RELEASE_CONCLUSIONS = _part(CONCLUSIONS, "pass", "fail", "conditional")  # also of a reagent's verification
ELIGIBILITY_CONCLUSIONS = Words(
    {
        "eligible": ("Eligible", "合格"),
        "ineligible": ("Ineligible", "不合格"),
        "conditional": ("Conditional", "有条件合格"),
        "pending": ("Pending", "待定"),
    }
)
PROCESSES = Words({"open": ("Open", "开放"), "closed": ("Closed", "封闭")})
DONOR_RELATIONSHIPS = Words({"autologous": ("Autologous", "自体"), "allogeneic": ("Allogeneic", "异体")})
FORBIDDEN_CODES = Words(
    {
        "not_released": ("Not released", "未放行"),
        "on_hold": ("On hold", "暂停使用"),
        "expired": ("Expired", "已过有效期"),
        "wrong_person": ("Autologous lot for another person", "自体制剂用于他人"),
        "position_taken": ("Storage cell already taken", "存储位置已占用"),
        "reviewer_is_operator": ("Reviewer is the operator", "审核人与操作人相同"),
    }
)
HAZARDS = Words(
    {
        "HERITABLE": ("Heritable", "可遗传"),
        "CONTAGIOUS": ("Contagious", "可传染"),
        "EXPOSURE": ("Exposure", "暴露"),
        "ELIGIBILITY": ("Eligibility", "供者资格"),
        "IDENTITY": ("Identity", "身份混淆"),
    }
)
CHANNELS = Words({"MATERIAL": ("Material", "物料"), "EQUIPMENT": ("Equipment", "设备"), "STORAGE": ("Storage", "存储")})

# ---- what is offered (open) ----

UNITS = Words(  # of the quantity of a lot or tissue
    {
        "vial": ("vial", "支"),
        "dose": ("dose", "剂"),
        "bag": ("bag", "袋"),
        "mL": ("mL", "毫升"),
        "cells": ("cells", "个细胞"),
        "g": ("g", "克"),
        "piece": ("piece", "个"),
    }
)
TISSUE_UNITS = _part(UNITS, "g", "mL")
DENSITY_UNITS = Words({"cells/cm²": ("cells/cm²", "个/平方厘米"), "cells/mL": ("cells/mL", "个/毫升")})
AMOUNT_UNITS = Words({"mL": ("mL", "毫升"), "mg": ("mg", "毫克"), "U": ("U", "单位")})  # of a reagent used
LOT_STAGES = Words(
    {
        "culture": ("Culture", "培养物"),
        "master_bank": ("Master cell bank", "主细胞库"),
        "working_bank": ("Working cell bank", "工作细胞库"),
        "drug_product": ("Drug product", "制剂成品"),
    }
)
POSITION_LEVELS = Words(
    {
        "site": ("Site", "场所"),
        "room": ("Room", "房间"),
        "tank": ("Tank", "罐"),
        "rack": ("Rack", "架"),
        "box": ("Box", "盒"),
        "cell": ("Cell", "孔位"),
    }
)
SEXES = Words({"female": ("Female", "女"), "male": ("Male", "男"), "unknown": ("Unknown", "未知")})
BLOOD_TYPES = Words(
    {f"{group}{sign}": (f"{group}{sign}", f"{group}型{'阳性' if sign == '+' else '阴性'}")
     for group in ("A", "B", "AB", "O") for sign in "+-"}
)  # fmt: skip
TISSUE_TYPES = Words(
    {
        "umbilical_cord": ("Umbilical cord", "脐带"),
        "bone_marrow": ("Bone marrow", "骨髓"),
        "adipose": ("Adipose tissue", "脂肪"),
        "cord_blood": ("Cord blood", "脐带血"),
        "dental_pulp": ("Dental pulp", "牙髓"),
        "placenta": ("Placenta", "胎盘"),
        "amnion": ("Amnion", "羊膜"),
        "menstrual_blood": ("Menstrual blood", "经血"),
        "peripheral_blood": ("Peripheral blood", "外周血"),
        "skin": ("Skin", "皮肤"),
        "other": ("Other", "其他"),
    }
)
CELL_TYPES = Words(
    {
        "UC-MSC": ("Umbilical-cord MSC", "脐带间充质干细胞"),
        "BM-MSC": ("Bone-marrow MSC", "骨髓间充质干细胞"),
        "AD-MSC": ("Adipose MSC", "脂肪间充质干细胞"),
        "CB-MSC": ("Cord-blood MSC", "脐血间充质干细胞"),
        "PL-MSC": ("Placental MSC", "胎盘间充质干细胞"),
        "AM-MSC": ("Amniotic MSC", "羊膜间充质干细胞"),
        "DP-MSC": ("Dental-pulp MSC", "牙髓间充质干细胞"),
        "MB-MSC": ("Menstrual-blood MSC", "经血间充质干细胞"),
        "HSC": ("Haematopoietic stem cell", "造血干细胞"),
        "iPSC": ("Induced pluripotent stem cell", "诱导多能干细胞"),
        "ESC": ("Embryonic stem cell", "胚胎干细胞"),
        "NSC": ("Neural stem cell", "神经干细胞"),
    }
)
REAGENT_TYPES = Words(
    {
        "reagent": ("Reagent", "试剂"),
        "consumable": ("Consumable", "耗材"),
        "working_solution": ("Working solution", "工作液"),
    }
)
EQUIPMENT_CLASSES = Words(
    {
        "biosafety_cabinet": ("Biosafety cabinet", "生物安全柜"),
        "incubator": ("Incubator", "培养箱"),
        "centrifuge": ("Centrifuge", "离心机"),
        "rate_freezer": ("Controlled-rate freezer", "程序降温仪"),
        "ln2_tank": ("Liquid-nitrogen tank", "液氮罐"),
        "freezer": ("Freezer", "低温冰箱"),
        "refrigerator": ("Refrigerator", "冷藏箱"),
        "dry_shipper": ("Dry shipper", "干式液氮运输罐"),
        "transport_container": ("Transport container", "转运容器"),
        "temperature_logger": ("Temperature logger", "温度记录仪"),
        "analyser": ("Analyser", "分析仪"),
        "cell_counter": ("Cell counter", "细胞计数仪"),
        "flow_cytometer": ("Flow cytometer", "流式细胞仪"),
        "cell_processor": ("Cell processor", "细胞处理系统"),
        "bioreactor": ("Bioreactor", "生物反应器"),
        "sensor": ("Sensor", "传感器"),
        "water_bath": ("Water bath", "水浴锅"),
    }
)
ADMINISTRATION_ROUTES = Words(
    {
        "intravenous": ("Intravenous", "静脉"),
        "intra-articular": ("Intra-articular", "关节腔"),
        "intrathecal": ("Intrathecal", "鞘内"),
        "intramuscular": ("Intramuscular", "肌内"),
        "intra-arterial": ("Intra-arterial", "动脉"),
        "intracoronary": ("Intracoronary", "冠脉"),
        "subcutaneous": ("Subcutaneous", "皮下"),
        "local": ("Local injection", "局部注射"),
        "inhaled": ("Inhaled", "雾化吸入"),
        "topical": ("Topical", "外用"),
    }
)
STORAGE_OUT_REASONS = Words(
    {
        "administer": ("Administer", "给药"),
        "expand": ("Expand", "扩增"),
        "qc": ("QC", "检测"),
        "destroy": ("Destroy", "销毁"),
        "transfer": ("Transfer", "转移"),
    }
)
TRANSPORT_VEHICLES = Words(
    {
        "hand_carried": ("Hand-carried", "人工携带"),
        "van": ("Van", "冷链车"),
        "train": ("Train", "铁路"),
        "aircraft": ("Aircraft", "航空"),
    }
)
CONTAINER_CLOSURES = Words({"sealed": ("Sealed", "密封"), "not_sealed": ("Not sealed", "未密封")})
STORAGE_PHASES = Words({"vapour": ("Vapour phase", "气相"), "liquid": ("Liquid phase", "液相")})
DECONTAMINATION_METHODS = Words(
    {
        "line_clearance": ("Line clearance", "清场"),
        "heat": ("Heat", "高温"),
        "peroxide": ("Hydrogen peroxide", "过氧化氢"),
        "heat_and_peroxide": ("Heat and hydrogen peroxide", "高温与过氧化氢"),
        "ultraviolet": ("Ultraviolet", "紫外线"),
        "ethanol": ("Ethanol", "乙醇"),
        "ozone": ("Ozone", "臭氧"),
    }
)
CALIBRATION_RESULTS = Words(
    {"pass": ("Pass", "合格"), "adjusted": ("Pass after adjustment", "调整后合格"), "fail": ("Fail", "不合格")}
)
WITHDRAWAL_SCOPES = Words(
    {
        "treatment": ("From treatment", "退出治疗"),
        "study": ("From the study", "退出研究"),
        "material_use": ("Use of the material", "撤回样本使用"),
        "data_use": ("Use of the data", "撤回数据使用"),  # the words a study's form offers
        "all": ("Everything", "全部撤回"),
    }
)
SERIOUSNESSES = Words(
    {
        "non_serious": ("Not serious", "非严重"),
        "serious": ("Serious", "严重"),
        "death": ("Death", "死亡"),
        "life_threatening": ("Life-threatening", "危及生命"),
        "hospitalisation": ("Hospitalisation", "住院或延长住院"),
        "disability": ("Disability", "残疾"),
        "congenital_anomaly": ("Congenital anomaly", "先天异常"),
        "medically_important": ("Medically important", "重要医学事件"),
    }
)
OUTCOMES = Words(
    {
        "recovered": ("Recovered", "痊愈"),
        "recovering": ("Recovering", "好转"),
        "not_recovered": ("Not recovered", "未好转"),
        "recovered_with_sequelae": ("Recovered with sequelae", "痊愈有后遗症"),
        "fatal": ("Fatal", "死亡"),
        "unknown": ("Unknown", "未知"),
    }
)
CAUSALITIES = Words(
    {
        "definite": ("Definitely related", "肯定有关"),
        "probable": ("Probably related", "很可能有关"),
        "possible": ("Possibly related", "可能有关"),
        "unlikely": ("Unlikely related", "可能无关"),
        "unrelated": ("Not related", "无关"),
        "not_assessable": ("Not assessable", "无法评价"),
    }
)
TEST_ITEMS = Words(
    {
        "viability": ("Viability", "活率"),
        "cell_count": ("Cell count", "细胞计数"),
        "sterility": ("Sterility", "无菌"),
        "mycoplasma": ("Mycoplasma", "支原体"),
        "endotoxin": ("Endotoxin", "内毒素"),
        "adventitious_virus": ("Adventitious viruses", "外源病毒因子"),
        "CD73": ("CD73", "CD73阳性率"),
        "CD90": ("CD90", "CD90阳性率"),
        "CD105": ("CD105", "CD105阳性率"),
        "CD34": ("CD34", "CD34阳性率"),
        "CD45": ("CD45", "CD45阳性率"),
        "HLA-DR": ("HLA-DR", "HLA-DR阳性率"),
        "CD11b": ("CD11b", "CD11b阳性率"),
        "CD14": ("CD14", "CD14阳性率"),
        "CD19": ("CD19", "CD19阳性率"),
        "CD79a": ("CD79α", "CD79α阳性率"),
        "karyotype": ("Karyotype", "核型"),
        "STR": ("STR identity", "STR鉴定"),
        "HLA": ("HLA typing", "HLA分型"),
        "differentiation": ("Tri-lineage differentiation", "三系分化"),
        "residual_bsa": ("Residual BSA", "牛血清白蛋白残留"),
        "residual_dmso": ("Residual DMSO", "DMSO残留"),
        "residual_enzyme": ("Residual enzyme", "酶残留"),
        "HIV": ("HIV-1/2", "人类免疫缺陷病毒"),
        "HBV": ("Hepatitis B virus", "乙型肝炎病毒"),
        "HCV": ("Hepatitis C virus", "丙型肝炎病毒"),
        "HTLV": ("HTLV-1/2", "人类嗜T细胞病毒"),
        "EBV": ("Epstein-Barr virus", "EB病毒"),
        "CMV": ("Cytomegalovirus", "巨细胞病毒"),
        "TP": ("Treponema pallidum", "梅毒螺旋体"),
    }
)
TEST_METHODS = Words(
    {
        "trypan_blue": ("Trypan blue", "台盼蓝染色"),
        "culture": ("Culture", "培养法"),
        "pcr": ("PCR", "聚合酶链反应"),
        "nat": ("Nucleic-acid test", "核酸检测"),
        "igm": ("IgM antibodies", "IgM抗体"),
        "igg": ("IgG antibodies", "IgG抗体"),
        "antibody": ("Antibody test", "抗体检测"),
        "antigen": ("Antigen test", "抗原检测"),
        "flow_cytometry": ("Flow cytometry", "流式细胞术"),
        "lal": ("Limulus amoebocyte lysate", "鲎试剂法"),
        "g_banding": ("G-banding", "G显带"),
        "elisa": ("ELISA", "酶联免疫吸附"),
    }
)
RANGE_KINDS = Words(
    {
        "release": ("Release", "放行"),
        "post_thaw": ("Post-thaw", "复苏后"),
        "in_process": ("In process", "过程控制"),
        "environment": ("Environment", "环境"),
        "storage": ("Storage", "存储"),
        "transport": ("Transport", "运输"),
        "donor_screening": ("Donor screening", "供者筛查"),
    }
)

# Terms that the specification uses for one another; a heading may have either (requirements.md, "Quirks").
SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("供者", "供体"),
    ("转运", "运输"),
    ("启运", "起送"),
    ("配制", "配置"),
    ("批次号", "批次编号"),
    ("储存", "存储"),
)


def normal_heading(text: str) -> str:
    """A form in which headings that mean the same are equal: case, spaces, signs and drifting terms set aside."""
    plain = "".join(character for character in text.casefold() if character.isalnum())
    for first, *others in SYNONYMS:
        for other in others:
            plain = plain.replace(other, first)
    return plain
