"""What names and places look like, language by language: which letters, which encodings, how often.

Letters stand in the order of their commonness in names, the commonest first; `encoding_scores` gives the rank r a
share that falls as 1 / (r + 2). For Latin scripts only the letters outside ASCII are listed, for the others all of
them, for Chinese, Japanese and Korean those of the usual surnames, given names and addresses. The orders are the
author's, from general knowledge of the languages; only the order counts, so a swap of neighbours changes little.
"""
# ruff: noqa: RUF001 (letters that look alike are what this is about)

from __future__ import annotations

from dataclasses import dataclass


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
    """An encoding that may be told by its letters. `share`: of the files that are neither UTF-8 nor UTF-16."""

    name: str
    share: float
    languages: tuple[Language, ...]
    family: str = ""
    """What a person calls the languages that it is used for."""


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
"""The encodings told apart. Their shares are estimates; a person's text outweighs them after a few words."""
