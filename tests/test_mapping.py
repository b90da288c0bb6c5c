"""Which contact field a column is: the suggestion, what options say instead, and maps as JSON."""

# ruff: noqa: RUF001
from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.importing.columns.dictionary import conflicts
from contact_pipelines.importing.columns.headers import words
from contact_pipelines.importing.mapping import field_named, parse_column_map, resolve, suggest
from contact_pipelines.models import CONTACT_FIELDS, WELL_KNOWN_PROPERTIES, ColumnMapping, ImportOptions


def fields(header, samples=None):
    return {mapping.column: mapping.field for mapping in suggest(header, samples)}


def mapped(text, samples=None):
    """Suggest for columns parted by `|`: the fields in order, `-` for ignored ones."""
    return " ".join("-" if m.field == "ignore" else m.field for m in suggest(text.split("|"), samples))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("eMailAddress", ("email", "address")),
        ("E-MAIL_2", ("email", "2")),
        ("2. Téléphone (optional)", ("telephone",)),
        ("Straße*", ("strasse",)),
        ("Ｅｍａｉｌ　［Required］", ("email",)),
        ("Birth (dd/mm/yyyy)", ("birth",)),
        ("Email (manager)", ("email", "manager")),
        ("TelÃ©fono", ("telefono",)),
        ("मोबाइल नंबर", ("मोबाइल", "नंबर")),
        ("Łódź İzmir Øst", ("lodz", "izmir", "ost")),
        ("", ()),
        ("!?", ()),
    ],
)
def test_words_of_a_header(header, expected):
    assert words(header) == expected


@pytest.mark.parametrize("field", [f for f in (*CONTACT_FIELDS, "full_name", *WELL_KNOWN_PROPERTIES) if f != "gender"])
def test_every_field_is_found_by_its_own_name(field):
    (mapping,) = suggest([field.replace("_", " ").title()])
    assert (mapping.field, mapping.confidence) == (field, 1.0)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Voornaam|Achternaam|E-mailadres|Woonplaats", "first_name last_name email city"),
        ("Rufname|Familienname|Handy-Nr.|Postleitzahl", "first_name last_name phone postal_code"),
        ("Courriel|Raison sociale|Date de naissance|Pays", "email company birthday country"),
        ("Correo|Apellidos|Cargo|Código postal", "email last_name job_title postal_code"),
        ("Indirizzo e-mail|Cognome|Cellulare|CAP", "email last_name phone postal_code"),
        ("Sobrenome|Telemóvel|Morada|CEP", "last_name phone address postal_code"),
        ("Nazwisko|Numer telefonu|Stanowisko|Kraj", "last_name phone job_title country"),
        ("Фамилия|Номер телефона|Дата рождения|Должность", "last_name phone birthday job_title"),
        ("Soyadı|Cep Telefonu|E-posta|Şirket", "last_name phone email company"),
        ("Příjmení|E-mailová adresa|PSČ|Společnost", "last_name email postal_code company"),
        ("Efternamn|Hemsida|Postnummer|Födelsedatum", "last_name website postal_code birthday"),
        ("姓|電話番号|メールアドレス|生年月日", "last_name phone email birthday"),
        ("联系人姓名|客户邮箱|手机号码|城市", "full_name email phone city"),
        ("성|휴대폰 번호|이메일 주소|회사명", "last_name phone email company"),
        ("اسم العائلة|رقم الجوال|البريد الإلكتروني|المدينة", "last_name phone email city"),
        ("पूरा नाम|मोबाइल नंबर|ईमेल पता|शहर", "full_name phone email city"),
    ],
)
def test_languages(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Name|Email", "full_name email"),
        ("Name|Surname", "first_name last_name"),
        ("Name|First name|Last name", "full_name first_name last_name"),
        ("Vorname|Name", "first_name last_name"),
        ("Prénom|Nom", "first_name last_name"),
        ("Nombre|Apellidos", "first_name last_name"),
        ("Nombre|Empresa", "full_name company"),
        ("Имя|Фамилия", "first_name last_name"),
        ("Ad|Soyad", "first_name last_name"),
        ("Ad|Budget|Email", "- - email"),
        ("Nachname, Vorname|Mail", "full_name email"),
        ("Name der Firma|E-Mail", "company email"),
        ("Company contact name|Company", "- company"),
    ],
)
def test_a_bare_name_depends_on_its_neighbours(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("E-mail 1 - Kind|E-mail 1 - Value|E-mail 2 - Value", "- email -"),
        ("Work email|Email|Private e-mail", "- email -"),
        ("Phone 2|Phone 1", "- phone"),
        ("Backup email|Name", "email full_name"),
        ("User name|Alternative email", "email -"),
        ("Mobile|Telephone|Fax", "- phone -"),
        ("Home City|Street line 1|Street line 2|Shipping Zip", "city - - postal_code"),
        ("Email|Email#2|Name|Name#2", "email - full_name -"),
        ("Created|Date joined|Last modified", "created_at - updated_at"),
        ("Salutation|Title|Name", "- job_title full_name"),
        ("Title|First name|Suffix", "- first_name -"),
        ("Estado|Ciudad", "state city"),
        ("Nombre|Estado", "full_name -"),
        ("Tel / Mobile|State or region", "phone state"),
    ],
)
def test_the_best_of_several_columns_wins(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Manager Email", "Mother's phone", "Grandpa-email", "Team Email", "Parent Phone",
        "Account Owner", "CreatedBy",
        "Emergency contact phone", "Sales rep name", "Email (guardian)", "Sender e-mail",
        "Partner first name",
        "Event name", "Product Name", "Campaign ID", "Order Id", "Ticket status", "List name",
        "Pet name", "Host Name",
        "Email opens", "Email domain", "Phone extension", "Name prefix", "Middle name",
        "First contact", "Last order",
        "Last contact", "Is company", "Contract name", "County", "Fax", "Lead source", "Company type",
        "Nickname",
    ],
)  # fmt: skip
def test_what_is_something_else_is_ignored(header):
    (mapping,) = suggest([header])
    assert (mapping.field, mapping.confidence) == ("ignore", 0.0)
    assert mapping.reason


@pytest.mark.parametrize(
    "header",
    ["Password", "passwort_hash", "Recovery Email", "API key", "reset_token", "Has 2FA",
    "custom_password", "パスワード",
     "Mot de passe", "Security question", "Recovery phone"],
)  # fmt: skip
def test_secrets_are_never_mapped_even_by_their_values(header):
    (mapping,) = suggest([header], {header: ["ann@example.com"] * 5})
    assert mapping.field == "ignore"
    assert "secret" in mapping.reason


@pytest.mark.parametrize(
    "header",
    ["opt_out", "Unsubscribed", "is_subscribed", "Email opt-in", "Do not email", "Active", "GDPR consent"],
)
def test_whether_someone_opted_out_is_left_to_a_person(header):
    (mapping,) = suggest([header], {header: ["yes", "no"]})
    assert (mapping.field, mapping.reason) == ("ignore", "says whether someone opted out; map it by hand")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("custom_field_industry", "properties.industry"),
        ("Custom Field: T-Shirt Größe", "properties.t_shirt_grosse"),
        ("cf_budget_2024", "properties.budget_2024"),
        ("custom_" + "x" * 80, "properties." + "x" * 50),
        ("custom_客户", "ignore"),
        ("Customer", "ignore"),
    ],
)
def test_custom_columns_become_properties(header, field):
    assert fields([header])[header] == field


def test_a_custom_column_and_a_well_known_property_of_the_same_key_are_one_field():
    assert mapped("custom_city|City") == "- city"


@pytest.mark.parametrize(
    ("header", "field"),
    [("Compnay", "company"), ("Frist name", "first_name"), ("Telephon", "phone"), ("Webiste", "website"),
     ("Mame", "ignore"), ("Tell", "ignore"), ("Religion", "ignore"), ("Sender", "ignore"), ("Filename",
     "ignore")],
)  # fmt: skip
def test_only_longer_words_may_be_misspelt(header, field):
    assert fields([header])[header] == field


def test_a_technical_prefix_shared_by_columns_is_read_over():
    assert mapped("Email|x9_city|x9_tags|x9_phone") == "email city tags -"
    assert mapped("usr_email|usr_fname|usr_phone") == "email first_name phone"
    assert mapped("dad_email|dad_fname|dad_phone") == "- - -"
    assert mapped("order_email|order_name|order_status") == "- - -"


@pytest.mark.parametrize(
    ("header", "values", "field"),
    [
        ("Email", ["yes", "no"], "ignore"),
        ("Email", ["a@example.com", "n/a"], "email"),
        ("Phone", ["on request", "ask"], "ignore"),
        ("Phone", ["+1 555 0100"], "phone"),
        ("Status", ["subscribed", "Unsubscribed", "cleaned"], "status"),
        ("Status", ["open", "won", "lost"], "ignore"),
        ("Estado", ["activo", "baja"], "status"),
        ("Title", ["Mr", "Mrs.", "Dr."], "ignore"),
        ("Rating", ["hot", "cold"], "ignore"),
        ("Created", ["Ann", "Bob"], "ignore"),
        ("User ID", ["a@example.com"] * 10, "email"),
        ("column_1", ["a@example.com"] * 9 + ["-"], "email"),
        ("Who?", ["a@example.com"] * 8 + ["-", "-"], "ignore"),
        ("Manager", ["a@example.com"] * 9, "ignore"),
        ("Account owner", ["a@example.com"] * 9, "ignore"),
    ],
)
def test_values_refuse_a_header_or_show_addresses(header, values, field):
    assert fields([header], {header: values})[header] == field


def test_addresses_without_header_count_only_in_a_single_column_and_beside_no_email():
    addresses = ["a@example.com", "b@example.com"]
    assert mapped("one|two", {"one": addresses, "two": addresses}) == "- -"
    assert mapped("one|Email", {"one": addresses, "Email": addresses}) == "- email"
    assert mapped("one|Email", {"one": addresses, "Email": ["yes", "no"]}) == "email -"


def test_a_bare_status_beside_orders_is_theirs_unless_its_values_are_consent():
    assert mapped("Email|Order number|Status") == "email - -"
    assert mapped("Email|Order number|Status", {"Status": ["subscribed"]}) == "email - status"


def test_reasons_are_plain():
    reasons = {m.column: m.reason for m in suggest(["email", "Telefon", "Mail", "Zork", "Owner email", "Comapny"])}
    assert reasons == {
        "email": "header is exactly 'email'",
        "Telefon": "synonym of phone in German",
        "Mail": "another column is a better email",
        "Zork": "no match",
        "Owner email": "belongs to somebody else",
        "Comapny": "looks like 'company' misspelt",
    }


HOSTILE = [
    'a"b', "x'; DROP TABLE contacts;--", "{{ 7*7 }}", "${jndi:x}", "a.b.c",
    "=cmd|' /C calc'!A0", "\x00", "\ufeff", "\u202e",
    "(" * 5000, "1." * 5000, "_" * 10_000, "e" * 10_000, "a_" * 5000, "email " * 20,
    "((((email))))", "🏴‍☠️", "%s %d {0}",
    "custom_" + "_" * 300, "custom_'\"", "#", "a#2", "#2", "\u0301" * 100, "ﷺ" * 100,
]  # fmt: skip


def test_hostile_headers_are_columns_like_others():
    suggested = suggest(HOSTILE)
    assert [m.column for m in suggested] == HOSTILE
    assert all(m.field == "ignore" or m.field.startswith(("properties.", "email")) for m in suggested)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from(["email", "Name", "custom_x", "Phone 2", "City"]), unique=True))
def test_whatever_the_headers_every_column_gets_one_field_and_no_field_two_columns(header):
    suggested = suggest(header)
    assert [m.column for m in suggested] == header
    used = [m.field for m in suggested if m.field != "ignore"]
    assert len(used) == len(set(used))
    assert all(0 <= m.confidence <= 1 and m.reason for m in suggested)
    assert all(m.field == "ignore" or field_named(m.field) for m in suggested)


def test_many_columns_and_many_files_are_quick():
    started = time.perf_counter()
    suggest([f"Question {n} about {n % 97} things" for n in range(2500)] + [f"qu{n}_wordish{n}" for n in range(2500)])
    suggest(["x" * 10_000, "email"])
    assert time.perf_counter() - started < 3
    started = time.perf_counter()
    for n in range(100):
        suggest([f"Telefonn{n}", "E-Mail", *(f"Compnay {n} {i} city" for i in range(18))])
    assert time.perf_counter() - started < 2


def test_languages_do_not_contradict_each_other():
    assert set(conflicts()) == {"cep", "hp"}  # of both, one meaning counts only in its language


def test_synonyms_lead_back_to_known_fields():
    assert fields(["Poste"])["Poste"] == "job_title"
    assert fields(["CEP"])["CEP"] == "postal_code"
    assert fields(["E-posta", "Cep"])["Cep"] == "postal_code"


# resolve


def resolved(header, *, only=False, **columns):
    options = ImportOptions(columns={k.replace("_", " "): v for k, v in columns.items()}, only_given_columns=only)
    return {m.column: m.field for m in resolve(header, suggest(header), options)}


def test_resolve_keeps_the_suggestion_and_spells_out_properties():
    assert resolved(["Email", "Town", "Zork"]) == {
        "Email": "email",
        "Town": "properties.city",
        "Zork": "ignore",
    }


def test_a_given_column_displaces_the_suggested_one():
    header = ["Email", "Other"]
    result = resolve(header, suggest(header), ImportOptions(columns={"Other": "email"}))
    assert [m.field for m in result] == ["ignore", "email"]
    assert result[0].reason == "the column 'Other' was given as email"
    assert result[1] == ColumnMapping("Other", "email", 1.0, "given")


def test_a_bare_well_known_property_displaces_the_suggested_column_too():
    assert resolved(["Email", "City", "Where"], Where="city") == {
        "Email": "email", "City": "ignore", "Where": "properties.city",
    }  # fmt: skip


def test_only_given_columns_ignores_the_rest():
    assert resolved(["Email", "Phone"], only=True, Email="email") == {"Email": "email", "Phone": "ignore"}


def test_headers_are_compared_trimmed_and_then_without_case_if_that_is_clear():
    assert resolve(["Email", "EMAIL"], [], ImportOptions(columns={" EMAIL ": "email"}))[1].field == "email"
    assert resolved(["E-Mail", "Note"], note="properties.remark")["Note"] == "properties.remark"
    with pytest.raises(FileNotImportable, match="'email'"):
        resolve(["Email", "EMAIL"], [], ImportOptions(columns={"email": "email"}))


@pytest.mark.parametrize(
    ("columns", "error", "says"),
    [
        (
            {"Mial": "email"},
            FileNotImportable,
            r"names the column 'Mial', which the file lacks.*'Email', 'Name'",
        ),
        ({"Email": "email", "Name": "email"}, InvalidOption, "'Email' and 'Name' are both mapped to email"),
        ({"Name": "city", "Note": "properties.city"}, InvalidOption, "both mapped to properties.city"),
        (
            {"Name": "frist_name"},
            InvalidOption,
            r"no field 'frist_name'\. Did you mean first_name\?.*lead_score",
        ),
        ({"Name": "custom"}, InvalidOption, "no field 'custom'"),
        ({"Name": ""}, InvalidOption, "no field ''"),
        ({"Name": "properties.Big Key"}, InvalidOption, "1 to 50 of a-z, 0-9 and _"),
        ({"Name": "properties."}, InvalidOption, "1 to 50"),
        ({"Name": "properties." + "k" * 51}, InvalidOption, "1 to 50"),
        (
            {"Name": "first_name", " name": "last_name"},
            InvalidOption,
            "mapped to both first_name and last_name",
        ),
        ({"Email": "ignore"}, FileNotImportable, r'No column is mapped to email.*--map "Header=email"'),
    ],
)
def test_what_resolve_refuses(columns, error, says):
    header = ["Email", "Name", "Note"]
    with pytest.raises(error, match=says):
        resolve(header, suggest(header), ImportOptions(columns=columns))


def test_several_columns_may_be_given_as_ignored():
    assert resolved(["Email", "Name", "City"], Name="ignore", City="ignore")["City"] == "ignore"


def test_messages_show_twenty_headers_shortened_and_on_one_line():
    header = ["x" * 300, "two\nlines", *(f"h{n}" for n in range(50))]
    with pytest.raises(FileNotImportable) as caught:
        resolve(header, [], ImportOptions())
    text = str(caught.value)
    assert "and 32 more" in text
    assert "h17" in text
    assert "h18" not in text
    assert "\n" not in text
    assert len(text) < 700


# parse_column_map


def test_a_column_map_by_header():
    text = json.dumps({"Mail": "email", " town ": "city"})
    assert parse_column_map(text, ["Mail", "Town", "Rest"]) == {"Mail": "email", " town ": "city"}


def test_a_column_map_by_field():
    text = json.dumps({
        "email": "E-mail", "city": "Town", "properties": {"size": {"column": "T-shirt",
        "type": "string"}, "age": "Age"},
    })  # fmt: skip
    assert parse_column_map(text, ["E-mail", "Town", "T-shirt", "Age"]) == {
        "E-mail": "email", "Town": "city", "T-shirt": "properties.size", "Age": "properties.age",
    }  # fmt: skip


def test_keys_that_are_all_headers_are_headers_even_if_they_are_fields_too():
    assert parse_column_map('{"phone": "email"}', ["phone", "email"]) == {"phone": "email"}
    assert parse_column_map('{"phone": "email"}', ["Tel", "email"]) == {"email": "phone"}
    assert parse_column_map('{"email": "Mail", "properties": {"a": "A"}}', ["email", "properties"]) == {
        "Mail": "email", "A": "properties.a",
    }  # fmt: skip
    assert parse_column_map("{}", ["a"]) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('["email"]', "not a JSON object"),
        ('{"Zork": "email"}', "'Zork' is neither a column of the file nor a contact field.*'Mail'"),
        ('{"Mail": "email", "phone": "Tel"}', "every other key is a column too"),
        ('{"Mail": 1}', "takes the name of one field"),
        ('{"email": 1}', "no column for 'email'"),
        ('{"properties": []}', "not an object"),
        ('{"properties": {"a": {"type": "string"}}}', "no column for 'properties.a'"),
        ('{"email": "Mail", "phone": "Mail"}', "a column is one field"),
        ('{"Mail": "email", "Mail": "phone"}', "twice"),
    ],
)
def test_what_is_no_column_map(text, says):
    with pytest.raises(InvalidOption, match=says):
        parse_column_map(text, ["Mail", "Tel"])
