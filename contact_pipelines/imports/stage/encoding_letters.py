"""Letter statistics of names and places by language and encoding, for guessing encodings.

Letters are in the order of their frequency in names, most frequent first; `encoding_guessing` gives the rank r a
share that falls as 1 / (r + 2). For Latin scripts only the letters outside ASCII are listed, for the others all of
them, for Chinese, Japanese and Korean those of the usual surnames, given names and addresses. The orders are the
author's, from general knowledge of the languages; only the order counts, so a swap of neighbours changes little.

`form_score` says how likely the form of a word is in any language: capitals, vowels, one script, signs in their places.
Its figures are log probabilities, set by hand and checked on names in 30 languages. Only that of an unlisted letter is
critical (it must stay small); halving or doubling any other changes the hit rate by two points at most.
"""

# ruff: noqa: RUF001 (letters that look alike are what this is about)

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log


@dataclass(frozen=True)
class Language:
    """The letters of one language. `share`: how likely it is among those of its encoding."""

    name: str
    letters: str
    share: float = 1.0
    only_last: str = ""
    """Letters that nearly always end a word, as Italian's accents do."""
    after_vowel: str = ""
    """Letters that nearly always follow a vowel, as Turkish ğ does."""


@dataclass(frozen=True)
class Candidate:
    """An encoding to be recognised by its letters. `share`: of the files that are neither UTF-8 nor UTF-16."""

    name: str
    share: float
    languages: tuple[Language, ...]
    family: str = ""
    """A name for the languages that use it."""


_GERMAN = Language("German", "üöäßé", 4)
_FRENCH = Language("French", "éèçëêôïâîûàœù", 4)
_SPANISH = Language("Spanish", "íáóéñúü", 4)
_PORTUGUESE = Language("Portuguese", "ãáçíéóêâôúõà", 3)
_ITALIAN = Language("Italian", "òàùìèé", 2, only_last="òàùìè")
_SWEDISH = Language("Swedish and Finnish", "öäåéü", 3)
_DANISH = Language("Danish and Norwegian", "øåæéöä", 2)
_ICELANDIC = Language("Icelandic and Faroese", "óíáðúéöýþæ", 0.3)
_DUTCH = Language("Dutch", "ëéïöüèç", 1)
_CATALAN = Language("Catalan", "óàéèíçúòïü", 0.5)
_ESTONIAN = Language("Estonian", "õäöüšž", 0.4)
_WESTERN = (
    _GERMAN,
    _FRENCH,
    _SPANISH,
    _PORTUGUESE,
    _ITALIAN,
    _SWEDISH,
    _DANISH,
    _ICELANDIC,
    _DUTCH,
    _CATALAN,
    _ESTONIAN,
)

_POLISH = Language("Polish", "łóńąęśżźć", 4)
_CZECH = Language("Czech", "áíčéýřžšěůúňťďó", 4)
_SLOVAK = Language("Slovak", "áíčéšýžúľťôóňďäĺŕ", 2)
_HUNGARIAN = Language("Hungarian", "áéóöíőüúű", 3)
_ROMANIAN = Language("Romanian", "ăşţâîéá", 2)
_CROATIAN = Language("Croatian and Slovene", "ćčšžđ", 3)
_GERMAN_ABROAD = Language("German", _GERMAN.letters, 0.5)
_CENTRAL = (_POLISH, _CZECH, _SLOVAK, _HUNGARIAN, _ROMANIAN, _CROATIAN, _GERMAN_ABROAD)

_TURKISH = Language("Turkish", "ıüöşçğİâî", 8, after_vowel="ğ")
_LITHUANIAN = Language("Lithuanian", "šėžūčįųęą", 2)
_LATVIAN = Language("Latvian", "ņāšīēūļķčģž", 2)
_BALTIC = (_LITHUANIAN, _LATVIAN, _ESTONIAN)

_RUSSIAN = Language("Russian", "аоеинврлсктмдпуягбзчьйюхжшыцщэфёъ", 4)
_UKRAINIAN = Language("Ukrainian", "аоинерквілстдумкйьпябзгчхшжцюєїщґф", 2)
_BULGARIAN = Language("Bulgarian", "аоинервтсклдпмгубяйзчцхщжшъюьф", 2)
_SERBIAN = Language("Serbian", "аоиервнјскдтлмупћгзбчљњцжђшхфџ", 1)
_BELARUSIAN = Language("Belarusian", "аінкерслывоцдтмпуяузьбгчўшйжэюхёф", 0.5)
_CYRILLIC = (_RUSSIAN, _UKRAINIAN, _BULGARIAN, _SERBIAN, _BELARUSIAN)

_GREEK = Language("Greek", "αοςιρνσεκλτάμυίπόγηύδέθχωφήβώζξψϊϋΐΰ")
_HEBREW = Language(
    "Hebrew", "יוהרלנאמבשתחדכקעגטפזצןםסץךף־׳״\u05b0\u05b4\u05b6\u05b8\u05b7\u05b9\u05b5\u05bc\u05c1\u05c2"
)
_ARABIC = Language("Arabic and Persian", "اليمرنبدحوسعةفهتكجطقصشأخزىغإذثضءظئآؤیکپگچژـَُِّْ")
_THAI = Language("Thai", "านรกมงอเวสยีิทลัพุ์่ดต้บชคหจขไปณแูึะำืโธภศผถญซใฐฎฤฒฟษฆฝฮฬฉฏ็")

_CHINESE = Language(
    "Chinese",
    "市区县省路号公司有限王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石"
    "姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志晓海"
    "北京上广州深圳天津重庆南成都西安杭中山东河湖福四川云贵新大学街道镇村楼室单元科技贸易集团工程经理销售部人民解放长春沙青岛宁波厦门合肥昌济"
    "小子宇浩欣怡俊峰飞鹏辉斌波凯健亮婷雪琴慧莉珍佳琪嘉诚德永生光荣庭先女士客户联系姓名电话邮箱地址备注手机职位",
    share=4,
)
_CHINESE_TRADITIONAL = Language(
    "Traditional Chinese",
    "市區縣省路號公司有限王李張劉陳楊趙黃周吳徐孫胡朱高林何郭馬羅梁宋鄭謝韓唐馮于董蕭程曹袁鄧許傅沈曾彭呂蘇盧蔣蔡賈丁魏薛葉閻余潘杜戴夏鍾汪田任姜范方石"
    "姚譚廖鄒熊金陸郝孔白崔康毛邱秦江史顧侯邵孟龍萬段雷錢湯尹黎易常武喬賀賴龔文偉芳娜敏靜麗強軍洋勇艷傑娟濤明超秀霞平剛桂英華玉蘭紅梅建國志曉海"
    "台臺北新竹中南高雄桃園花蓮香港九龍灣山東西大學街道鎮村樓室巷弄段鄉里科技股份企業工程經理業務部民權忠孝仁愛信義和復興宜雅惠淑美玲如怡君家豪"
    "俊宏志明雅婷承翰宗憲冠廷佩珊子小姐先生客戶姓名電話信箱地址備註手機職稱嘉屏彰基隆投",
)
_JAPANESE = Language(
    "Japanese",
    "田山中村市区子藤川町木本東京都野島井原佐高大小林松石上橋太郎一美県渡辺伊加吉清水山口森池斎西南北神奈横浜阪名古屋福岡札幌千葉埼玉静府崎内谷村岩"
    "長今金三新平青沢和黒安永竹前後藤坂谷久保宮近柴丸工酒菊増杉武樋秋土浜須春日赤関菅桜片栗河服部荒星矢早広岸五二丁目番地号株式会社有限法人営業部"
    "健恵真由裕優直智明正弘誠浩哲洋秀幸雄夫男介樹翔拓大輔也彦次郎香奈里織菜花結衣愛咲陽葵さくらゆうこのあいみえかおりけんたまひろしなほとちよせつきはるやわをもね"
    "ンースタイルアトラリナマキシカロサコニドハフミレヤグジムテウモヨビバオエケネノメソチツセワヒホダガデブボポプパピギゴザズゼ様氏姓名電話住所郵便番号備考会社役職",
)
_HALF_WIDTH = Language("Japanese in half-width kana", "ﾞﾝｲｼﾏﾀｶﾗｻｺﾄｷﾘｳﾐﾔｽｸﾅﾆﾉﾓﾕｴｱｵﾋﾌﾎﾊﾁﾃﾖﾛﾙﾚﾜｹｾｿﾂﾇﾈﾍﾑﾒﾟｰｦｮｭｬｯ", 0.05)
_KOREAN = Language(
    "Korean",
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지영수현준은희경미숙자선호동서연아원혜인상재철용기석환태훈승"
    "규종병찬광도건명순옥춘화정란애나라다솔빛울산시구군도읍면로길번동특별광역부대전인천경기충청북전라제주강원세종수원고양용인성남창주포항여의삼성역"
    "주식회사유한책임담당이름전화메일주소고객부장과대리사원팀그룹자엘지에스케이피코리아트크드스"
    "형권욱웅식혁섭근필욱휘빈율린예슬별봄가람보름새롬달해솔",
)

CANDIDATES = (
    Candidate("cp1252", 0.45, _WESTERN, "Western European"),
    Candidate("mac-roman", 0.04, _WESTERN, "Western European"),
    Candidate("cp850", 0.03, _WESTERN, "Western European"),
    Candidate("iso8859-15", 0.002, _WESTERN, "Western European"),
    Candidate("cp1250", 0.07, _CENTRAL, "Central European"),
    Candidate("iso8859-2", 0.01, _CENTRAL, "Central European"),
    Candidate("cp852", 0.005, _CENTRAL, "Central European"),
    Candidate("mac-latin2", 0.003, _CENTRAL, "Central European"),
    Candidate("cp1254", 0.04, (_TURKISH, _GERMAN_ABROAD), "Turkish"),
    Candidate("cp1257", 0.01, _BALTIC, "Baltic"),
    Candidate("cp1251", 0.07, _CYRILLIC, "Cyrillic"),
    Candidate("koi8-r", 0.01, (_RUSSIAN, _BULGARIAN), "Cyrillic"),
    Candidate("cp866", 0.01, _CYRILLIC, "Cyrillic"),
    Candidate("mac-cyrillic", 0.003, _CYRILLIC, "Cyrillic"),
    Candidate("cp1253", 0.02, (_GREEK,), "Greek"),
    Candidate("cp1255", 0.02, (_HEBREW,), "Hebrew"),
    Candidate("cp1256", 0.03, (_ARABIC,), "Arabic"),
    Candidate("cp874", 0.01, (_THAI,), "Thai"),
    Candidate("cp932", 0.07, (_JAPANESE, _HALF_WIDTH), "Japanese"),
    Candidate("euc_jp", 0.006, (_JAPANESE,), "Japanese"),
    Candidate("gb18030", 0.06, (_CHINESE, _CHINESE_TRADITIONAL), "Chinese"),
    Candidate("cp950", 0.02, (_CHINESE_TRADITIONAL,), "Chinese"),
    Candidate("cp949", 0.03, (_KOREAN,), "Korean"),
)
"""The encodings to choose from. Their shares are estimates, which a few words of real text outweigh."""


IDEOGRAMS = "CJK"
"""The script of ideograms and kana, which stand side by side in one word."""
SYLLABLES = "HANGUL"
LATIN = "LATIN"

_LETTER_IN_ASCII = log(1 / 20)
_SIGN_IN_ASCII = log(1 / 30)
_UNLISTED_LETTER = log(1e-4)
_SIGNS = {
    **dict.fromkeys("’´", log(0.004)),
    **dict.fromkeys("“”‘„«»‹›–—…·ªº°№€\u00a0、。・（）－\u3000「」", log(0.002)),
    **dict.fromkeys("\u200c\u200d\u200e\u200f", log(0.002)),  # directions and joins of Hebrew and Arabic
    **dict.fromkeys("£©®™§²³½¼¡¿•†‚\u00ad", log(1e-4)),
}
_NO_TEXT = log(1e-7)
"""Controls, box drawings, unassigned and private characters, all other symbols."""
_INSIDE = log(0.001)
"""A sign between two letters that does not join them."""
_JOINING = frozenset("’´·־׳״\u200c\u200d\u200e\u200f")

_VOWELS = frozenset("aeiouyæøœıаеёиоуыэюяіїєўαεηιουω")
_TURNS = {(False, False): -0.55, (False, True): 0.55, (True, False): 0.5, (True, True): -1.1}
"""A vowel (True) or consonant behind another, against its chance anywhere: in Europe's names they take turns."""
_OTHER_SCRIPT = log(0.002)
_LATIN_BESIDE_IDEOGRAM = log(0.02)
_SAME_SCRIPT = {
    "HIRAGANA": IDEOGRAMS,
    "KATAKANA": IDEOGRAMS,
    "KATAKANA-HIRAGANA": IDEOGRAMS,
    "IDEOGRAPHIC": IDEOGRAMS,
    "FULLWIDTH": IDEOGRAMS,
    "FEMININE": "",  # ª
    "MASCULINE": "",  # º
    "MICRO": "",
    "MODIFIER": "",
}
"""By the first word of a character's Unicode name, where that is not its script; empty for what is no letter."""

_TITLE, _UPPER, _LOWER, _MIXED = log(0.7), log(0.13), log(0.12), log(0.02)
_CAPITAL_INSIDE = -3.0
"""For each capital behind a small letter, as in McDonald or, wrongly decoded, JosŽ."""


@dataclass(frozen=True)
class Sign:
    """What a character is. `script` is empty for what is no letter; `chance`: where no language lists it."""

    script: str
    upper: bool
    lower: bool
    vowel: bool
    chance: float


@lru_cache(maxsize=70_000)
def sign_of(character: str) -> Sign:
    """Return what a character is."""
    category = unicodedata.category(character)
    script = ""
    if category[0] in "LM":
        script = unicodedata.name(character, "").split(" ")[0]
        script = _SAME_SCRIPT.get(script, script)
    base = unicodedata.normalize("NFD", character.lower())[:1]
    return Sign(script, category == "Lu", category == "Ll", base in _VOWELS, _chance(character, category, script))


def _chance(character: str, category: str, script: str) -> float:
    if category == "Cc":
        return _NO_TEXT
    if character.isascii():
        return _LETTER_IN_ASCII if script else _SIGN_IN_ASCII
    return _SIGNS.get(character, _UNLISTED_LETTER if script else _NO_TEXT)


@lru_cache(maxsize=20_000)
def form_score(word: str) -> float:
    """Return the log chance of a word's form."""
    signs = [sign_of(character) for character in word]
    score = sum(_capitals_score(run) for run in _cased_runs(signs))
    for index, (before, after) in enumerate(pairwise(signs)):
        if before.script and after.script:
            score += _step_score(before, after, in_ascii=word[index : index + 2].isascii())
    for character, before, sign, after in zip(word[1:], signs, signs[1:], signs[2:], strict=False):
        if before.script and after.script and not (sign.script or character.isascii() or character in _JOINING):
            score += _INSIDE
    return score


def _step_score(before: Sign, after: Sign, *, in_ascii: bool) -> float:
    """Return the log chance of two neighbouring kinds of letters."""
    if before.script != after.script:
        latin_beside = {before.script, after.script} == {IDEOGRAMS, LATIN}
        return _LATIN_BESIDE_IDEOGRAM if latin_beside else _OTHER_SCRIPT
    if in_ascii or not (before.upper or before.lower):
        return 0.0
    return _TURNS[before.vowel, after.vowel]


def _cased_runs(signs: list[Sign]) -> list[list[Sign]]:
    """Cut a word into its runs of letters that know capitals."""
    runs: list[list[Sign]] = [[]]
    for sign in signs:
        if sign.upper or sign.lower:
            runs[-1].append(sign)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _capitals_score(run: list[Sign]) -> float:
    """Return the log chance of a run's capitals: Title, UPPER, lower or a mixture such as McDonald."""
    if all(sign.lower for sign in run):
        return _LOWER
    if all(sign.lower for sign in run[1:]):
        return _TITLE
    if all(sign.upper for sign in run):
        return _UPPER
    return _MIXED + _CAPITAL_INSIDE * sum(before.lower and after.upper for before, after in pairwise(run))
