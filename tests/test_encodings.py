"""Encodings: what is found out about a file, and that its text arrives as it was written, or is refused."""
# ruff: noqa: RUF001 - letters of all scripts

from __future__ import annotations

import codecs
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.errors import FileUnreadable, InvalidOption
from contact_pipelines.imports.stage.byte_order_marks import Encoding
from contact_pipelines.imports.stage.encodings import decode_to_utf8, detect_encoding

HEADER = "id,first name,last name,city,email\n"
WESTERN = ("cp1252", "mac-roman", "cp850")
CENTRAL = ("cp1250", "iso8859-2")

PEOPLE = {
    "German": (WESTERN, "Jürgen,Müller,Köln\nKäthe,Groß,Lübeck\nUwe,Weißhäupl,Fürth\n"),
    "French": (WESTERN, "Hélène,Lefèvre,Besançon\nJérôme,Benoît,Évry\nZoë,Crête,Orléans\n"),
    "Spanish": (WESTERN, "José,Muñoz,Málaga\nÁngel,Ibáñez,León\nBegoña,García,Cádiz\n"),
    "Portuguese": (WESTERN, "João,Gonçalves,Brasília\nInês,Simões,Évora\nLuís,Magalhães,São Paulo\n"),
    "Italian": (WESTERN, "Niccolò,Rossi,Forlì\nGiosuè,Bianchi,Cantù\nSara,Verità,Salò\n"),
    "Swedish": (WESTERN, "Åke,Sjögren,Malmö\nMärta,Lindström,Västerås\nBjörn,Öberg,Gävle\n"),
    "Danish": (WESTERN, "Søren,Kjær,Ærøskøbing\nÅse,Nørgaard,Århus\nJørgen,Møller,Hjørring\n"),
    "Icelandic": (("cp1252",), "Guðmundur,Þórsson,Reykjavík\nSigríður,Jónsdóttir,Ísafjörður\n"),
    "Polish": (CENTRAL, "Łukasz,Wójcik,Łódź\nGrażyna,Wałęsa,Gdańsk\nMichał,Świątek,Poznań\n"),
    "Czech": (CENTRAL, "Jiří,Dvořák,Plzeň\nBožena,Růžičková,Třebíč\nTomáš,Němec,Kroměříž\n"),
    "Hungarian": (("cp1250",), "Győző,Szűcs,Kőszeg\nErzsébet,Tőkés,Gödöllő\nIstván,Erdős,Győr\n"),
    "Croatian": (CENTRAL, "Željko,Kovačević,Šibenik\nĐuro,Babić,Čakovec\nHrvoje,Knežević,Požega\n"),
    "Romanian": (("cp1250",), "Ştefan,Rădulescu,Iaşi\nCătălin,Ţurcanu,Constanţa\nMădălina,Păun,Bistriţa\n"),
    "Turkish": (("cp1254",), "Ayşe,Yılmaz,İzmir\nUğur,Şahin,Muğla\nÇağlar,Öztürk,Kırıkkale\n"),
    "Lithuanian": (("cp1257",), "Kęstutis,Žukauskas,Šiauliai\nRūta,Petrauskienė,Mažeikiai\n"),
    "Latvian": (("cp1257",), "Jānis,Bērziņš,Liepāja\nPēteris,Kalniņš,Rīga\nMārtiņš,Ozoliņš,Jūrmala\n"),
    "Russian": (
        ("cp1251", "koi8-r", "cp866", "mac-cyrillic"),
        "Иван,Петров,Москва\nЮлия,Кузнецова,Казань\nСергей,Щербаков,Ярославль\n",
    ),
    "Ukrainian": (("cp1251",), "Тарас,Шевченко,Київ\nІрина,Ковальчук,Вінниця\nЄвген,Мельник,Чернівці\n"),
    "Greek": (("cp1253",), "Γιώργος,Παπαδόπουλος,Αθήνα\nΕλένη,Κωνσταντίνου,Πάτρα\nΝίκος,Οικονόμου,Ρόδος\n"),
    "Hebrew": (("cp1255",), "משה,כהן,ירושלים\nשרה,לוי,חיפה\nיעקב,מזרחי,נתניה\n"),
    "Arabic": (("cp1256",), "محمد,أحمد,القاهرة\nفاطمة,حسن,الرياض\nيوسف,خالد,بيروت\n"),
    "Thai": (("cp874",), "สมชาย,ทองดี,กรุงเทพ\nสุภาพร,ศรีสุข,เชียงใหม่\n"),
    "Japanese": (("cp932", "euc_jp"), "太郎,山田,横浜市\n美咲,佐藤,東京都千代田区\nイチロー,鈴木,さいたま市\n"),
    "Japanese, half width": (("cp932",), "ﾀﾛｳ,ﾔﾏﾀﾞ,ﾖｺﾊﾏ\nﾊﾅｺ,ｻﾄｳ,ｵｵｻｶ\n"),
    "Chinese": (("gb18030",), "伟,张,北京市\n芳,王,上海市浦东新区\n洋,刘,深圳市南山区\n"),
    "Chinese, traditional": (("cp950",), "美玲,陳,台北市\n志明,林,高雄市\n淑芬,黃,新北市板橋區\n"),
    "Korean": (("cp949",), "민수,김,서울특별시\n영희,이,부산\n지성,박,수원시\n"),
}
CORPUS = [(language, encoding) for language, (encodings, _) in PEOPLE.items() for encoding in encodings]

NAMES = "id,name\n1,Anna\n2,Müller\n3,José\n"


@pytest.fixture
def arrive(tmp_path):
    """Write bytes to a file; return what is found out about it and the text that arrives."""

    def run(data: bytes, encoding: str | None = None) -> tuple[Encoding, str]:
        source, target = tmp_path / "list.csv", tmp_path / "list.utf8"
        source.write_bytes(data)
        found = detect_encoding(source, name="list.csv", given=encoding)
        decode_to_utf8(source, target, found, name="list.csv")
        return found, target.read_bytes().decode("utf-8", "surrogateescape")

    return run


def people(language: str) -> str:
    rows = PEOPLE[language][1].splitlines()
    return HEADER + "".join(f"{number},{row},person{number}@example.com\n" for number, row in enumerate(rows, 1))


@pytest.mark.parametrize(("language", "encoding"), CORPUS)
def test_a_few_rows_of_any_language_arrive(arrive, language, encoding):
    found, text = arrive(people(language).encode(encoding))
    assert (found.name, text) == (encoding, people(language))
    assert 0.9 <= found.confidence < 1


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *[(encoding, name) for encoding in WESTERN for name in ("Müller", "José", "Nuñez", "Günther", "MÜLLER")],
        ("cp1252", "O’Brien"),
        ("mac-roman", "O’Brien"),
        ("cp1250", "Wałęsa"),
        ("cp1250", "Dvořák"),
        ("cp1254", "Erdoğan"),
        ("cp1251", "Иванов"),
        ("koi8-r", "Иванов"),
        ("cp932", "山田"),
        ("gb18030", "王芳"),
        ("cp949", "김민수"),
    ],
)
def test_a_single_name_in_a_file_of_ascii_tells_its_encoding(arrive, encoding, name):
    text = HEADER + "1,Anna,Smith,Berlin,a@example.com\n" * 50 + f"51,Ann,{name},Berlin,b@example.com\n"
    found, arrived = arrive(text.encode(encoding))
    assert (found.name, arrived) == (encoding, text)


@pytest.mark.parametrize("data", [b"a,b\n\xe9,c\n", b"a,b\n5 \x80,c\n", b"a,b\n\xa7 5,c\n", b"a,b\nx \x96 y,c\n"])
def test_a_lone_byte_is_a_guess_and_says_so(arrive, data):
    found, text = arrive(data)
    assert (found.name, text) == ("cp1252", data.decode("cp1252"))
    assert found.confidence <= 0.6


def test_line_ends_of_an_old_mac_speak_for_mac_roman(arrive):
    confident = {}
    for end in ("\n", "\r"):
        found, _ = arrive(NAMES.replace("José", "Inês").replace("Müller", "Ana").replace("\n", end).encode("mac-roman"))
        confident[end] = found.confidence if found.name == "mac-roman" else 1 - found.confidence
    assert confident["\n"] < confident["\r"]
    assert confident["\r"] > 0.9


def test_bytes_that_cp1252_does_not_have_make_it_latin_1(arrive):
    data = people("German").encode("cp1252") * 5 + b"9,x\x81,y,z,\n"
    found, text = arrive(data)
    assert (found.name, text) == ("iso8859-1", data.decode("latin-1"))


# --- UTF-8

UTF8_TEXTS = {
    "empty": b"",
    "ascii": b"id,name\n1,Anna\n",
    "letters": NAMES.encode(),
    "with NULs": b"id,name\n1,An\x00na\n" + NAMES.encode(),
    "padded with NULs": NAMES.encode() + bytes(50),
}


@pytest.mark.parametrize("data", UTF8_TEXTS.values(), ids=UTF8_TEXTS)
def test_utf8_is_left_as_it_is(arrive, data):
    found, text = arrive(data)
    assert found == Encoding("utf-8", 1.0, 0, "valid UTF-8")
    assert not found.needs_decoding
    assert text.encode() == data


@pytest.mark.parametrize("shift", range(4))
def test_characters_that_are_cut_where_a_piece_ends_are_no_errors(arrive, shift):
    data = b"x" * shift + "añ€😀".encode() * 500_000  # the pieces are of 4 MB
    found, text = arrive(data)
    assert (found.name, found.confidence, text.encode() == data) == ("utf-8", 1.0, True)


def test_a_few_broken_lines_leave_it_utf8(arrive):
    data = NAMES.encode() * 10 + b"9,Ren\xe9\n"
    found, text = arrive(data)
    assert (found.name, found.confidence) == ("utf-8", pytest.approx(20 / 21))
    assert text.encode(errors="surrogateescape") == data


def test_one_utf8_name_in_a_file_of_another_encoding_does_not_make_it_utf8(arrive):
    found, _ = arrive(people("German").encode("cp1252") * 5 + "9,Müller,,,\n".encode())
    assert found.name == "cp1252"


def test_the_only_broken_character_is_the_last_byte(arrive):
    found, text = arrive(b"id,name\n" + b"1,Anna\n" * 1000 + b"2,Jos\xe9")
    assert (found.name, text[-4:]) == ("cp1252", "José")


def test_binary_data_is_no_guess(arrive):
    assert arrive(bytes(range(256)) * 40)[0] == Encoding("utf-8", 0.0, 0, "binary data")


# --- Byte order marks

WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
WIDE_TEXTS = [NAMES, people("Russian"), people("Chinese"), people("Hebrew"), people("Thai"), "一一,丁\n丁一,一\n"]


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("text", WIDE_TEXTS)
@pytest.mark.parametrize("mark", ["", "\ufeff", "\ufeff\ufeff", "\ufeffï»¿"])
def test_utf16_and_utf32_with_marks_and_without(arrive, encoding, text, mark):
    found, arrived = arrive((mark + text).encode(encoding))
    assert (found.name, found.bom, arrived) == (encoding, len(mark.encode(encoding)), text)
    assert found.confidence == (1.0 if mark else 0.95)


LE, BE, UTF8 = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8
BROKEN_MARKS = {
    "UTF-16 in front of ASCII": (LE + b"id,name\n1,Anna\n", "utf-8", "id,name\n1,Anna\n"),
    "UTF-16 in front of cp1252": (LE + NAMES.encode("cp1252"), "cp1252", NAMES),
    "UTF-16 in front of UTF-8": (BE + NAMES.encode(), "utf-8", NAMES),
    "UTF-16 in front of ASCII with a NUL": (LE + b"id,name\n1,An\0na\n" * 9, "utf-8", "id,name\n1,An\0na\n" * 9),
    "UTF-32 in front of cp1252": (codecs.BOM_UTF32_LE + NAMES.encode("cp1252"), "cp1252", NAMES),
    "UTF-8 in front of cp1252": (UTF8 + NAMES.encode("cp1252"), "cp1252", NAMES),
    "UTF-8 in front of UTF-16": (UTF8 + LE + NAMES.encode("utf-16-le"), "utf-16-le", NAMES),
    "UTF-16 of the other order": (LE + NAMES.encode("utf-16-be"), "utf-16-be", NAMES),
    "UTF-16 of the other order, Chinese": (BE + WIDE_TEXTS[2].encode("utf-16-le"), "utf-16-le", WIDE_TEXTS[2]),
    "UTF-32 of the other order": (codecs.BOM_UTF32_LE + NAMES.encode("utf-32-be"), "utf-32-be", NAMES),
    "UTF-8 twice": (UTF8 * 2 + NAMES.encode(), "utf-8", NAMES),
    "UTF-8, read as cp1252": (("ï»¿" + NAMES).encode(), "utf-8", NAMES),
    "UTF-8, read as cp1252 twice": (("Ã¯Â»Â¿" + NAMES).encode(), "utf-8", NAMES),
    "UTF-8, read as Mac Roman": (("Ôªø" + NAMES).encode(), "utf-8", NAMES),
    "UTF-8, and read as cp1252": (UTF8 + ("ï»¿" + NAMES).encode(), "utf-8", NAMES),
    "UTF-8 without its first byte": (UTF8[1:] + NAMES.encode(), "utf-8", NAMES),
    "UTF-8 without its last byte": (UTF8[:2] + NAMES.encode(), "utf-8", NAMES),
    "UTF-16, a line end of one byte last": (LE + NAMES.encode("utf-16-le") + b"\n", "utf-16-le", NAMES),
    "UTF-16 and nothing": (LE, "utf-16-le", ""),
    "GB18030": (b"\x84\x31\x95\x33" + people("Chinese").encode("gb18030"), "gb18030", people("Chinese")),
}


@pytest.mark.parametrize(("data", "encoding", "expected"), BROKEN_MARKS.values(), ids=BROKEN_MARKS)
def test_a_broken_mark_is_read_right(arrive, data, encoding, expected):
    found, text = arrive(data)
    assert (found.name, text) == (encoding, expected)
    assert found.needs_decoding


def test_a_usual_mark_of_utf8_needs_no_decoding(arrive):
    found, text = arrive(UTF8 + NAMES.encode())
    assert (found, text) == (Encoding("utf-8", 1.0, 3, "byte order mark"), NAMES)
    assert not found.needs_decoding


REFUSED = {
    "cut off": (LE + NAMES.encode("utf-16-le")[:-3], "middle of a character"),
    "line ends changed": (LE + NAMES.encode("utf-16-le").replace(b"\n", b"\r\n"), "from line 1 on"),
    "a byte lost": (LE + (NAMES * 2).encode("utf-16-le").replace(b"A\0n", b"An", 1), "from line 2 on"),
    "a lone surrogate": (LE + (NAMES + "\ud83d,x\n").encode("utf-16-le", "surrogatepass"), "line 5 holds"),
    "8-bit lines behind": (LE + NAMES.encode("utf-16-le") + b"4,Anna,x\r\n" * 3, "from line 5 on"),
}


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED)
def test_broken_utf16_is_refused(arrive, tmp_path, data, says):
    with pytest.raises(FileUnreadable, match=rf"^list\.csv .*{says}") as refusal:
        arrive(data)
    assert "Anna" not in str(refusal.value)
    assert not (tmp_path / "list.utf8").exists()


# --- Given by a person


@pytest.mark.parametrize(
    ("given_name", "encoding", "codec"),
    [
        ("Mac Roman", "mac-roman", "mac-roman"),
        ("ANSI", "cp1252", "cp1252"),
        ("windows-1252", "cp1252", "cp1252"),
        ("latin-1", "latin-1", "iso8859-1"),
        ("IBM850", "cp850", "cp850"),
        ("UTF-16", "utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be", "utf-16-be"),
        ("utf_8_sig", "utf-8-sig", "utf-8"),
        ("UTF8", "utf-8", "utf-8"),
        ("cp037", "cp037", "cp037"),
    ],
)
def test_a_given_encoding_is_used(arrive, given_name, encoding, codec):
    found, text = arrive(NAMES.encode(encoding), given_name)
    assert (found.name, found.confidence, found.reason, text) == (codec, 1.0, "given", NAMES)


@pytest.mark.parametrize(("name", "codec"), [("Shift_JIS", "cp932"), ("gb2312", "gb18030"), ("EUC-KR", "cp949")])
def test_a_given_encoding_is_taken_for_its_superset(arrive, name, codec):
    assert arrive(b"id,name\n", name)[0].name == codec


def test_text_that_is_not_of_the_given_encoding_is_refused_with_the_line(arrive):
    data = "id,name\n1,田中\n".encode("cp932") + b"2,M\xfcller\n"
    with pytest.raises(FileUnreadable, match=r"^list\.csv cannot be read as cp932: line 3 holds bytes .*--encoding"):
        arrive(data, "cp932")


def test_utf8_that_is_given_may_have_broken_lines_but_not_most(arrive):
    assert arrive(NAMES.encode() * 3 + b"9,Ren\xe9\n", "utf-8")[0].name == "utf-8"
    with pytest.raises(FileUnreadable, match=r"^list\.csv is not written in utf-8: .*--encoding"):
        arrive(NAMES.encode("cp1252"), "utf-8")


@pytest.mark.parametrize("name", ["klingon", "base64", "rot13", "idna", "undefined", "", "utf-8\0"])
def test_no_encoding_of_that_name(arrive, name):
    with pytest.raises(InvalidOption, match="There is no encoding called"):
        arrive(NAMES.encode(), name)


# --- Long files


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "utf-16-be"])
def test_a_long_file_is_decoded_in_constant_memory(tmp_path, encoding):
    language = "Japanese" if encoding == "cp932" else "German"
    text = HEADER + people(language).removeprefix(HEADER) * (16_000_000 // len(people(language).encode(encoding)))
    source, target = tmp_path / "long.csv", tmp_path / "long.utf8"
    source.write_bytes(text.encode(encoding))
    tracemalloc.start()
    decode_to_utf8(source, target, Encoding(encoding, 1.0, 0, ""), name="long.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000 < source.stat().st_size
    assert target.read_bytes() == text.encode()


def test_a_late_name_in_a_long_file_is_found(arrive):
    text = HEADER + "1,Anna,Smith,Berlin,a@example.com\n" * 300_000 + "2,Jürgen,Groß,Köln,b@example.com\n"
    found, arrived = arrive(text.encode("mac-roman"))
    assert (found.name, arrived == text) == ("mac-roman", True)


def test_a_long_line_is_no_slower_than_others(arrive):
    data = b"id,note\n1," + b"x" * 3_000_000 + "é".encode("cp1252") + b"\n2,Jos\xe9\n"
    found, text = arrive(data)
    assert (found.name, text.encode("cp1252") == data) == ("cp1252", True)


# --- Laws

wide_text = st.text(st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="\0"))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=wide_text, encoding=st.sampled_from(WIDE))
def test_whatever_is_written_in_utf16_or_utf32_with_a_mark_comes_back(tmp_path_factory, text, encoding):
    folder = tmp_path_factory.mktemp("wide")
    text = f"id,name\n{text}"
    (folder / "in").write_bytes(("\ufeff" + text).encode(encoding))
    found = detect_encoding(folder / "in", name="in")
    decode_to_utf8(folder / "in", folder / "out", found, name="in")
    assert (found.name, (folder / "out").read_bytes()) == (encoding, text.encode())


prefix = st.sampled_from(
    [b"", LE, BE, UTF8, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, b"id,name\n", b"i\0d\0,\0n\0\n\0"]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(data=st.builds(bytes.__add__, prefix, st.binary(max_size=300)))
def test_no_bytes_raise_anything_but_file_unreadable(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    (folder / "in").write_bytes(data)
    found = detect_encoding(folder / "in", name="in")
    assert 0 <= found.confidence <= 1
    try:
        decode_to_utf8(folder / "in", folder / "out", found, name="in")
    except FileUnreadable:
        assert not (folder / "out").exists()
    else:
        assert found.name == "utf-8" or (folder / "out").read_text(encoding="utf-8") is not None
