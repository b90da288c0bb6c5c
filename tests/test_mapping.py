"""Which contact field a column is by its header, and by the headers beside it."""

# ruff: noqa: RUF001
from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipelines.imports.columns.custom_columns import slug
from contact_pipelines.imports.columns.dictionary import conflicts
from contact_pipelines.imports.columns.headers import words
from contact_pipelines.imports.columns.mapping import field_named
from contact_pipelines.imports.columns.suggesting import UNSURE, suggest
from contact_pipelines.models import CONTACT_FIELDS, WELL_KNOWN_PROPERTIES


def fields(header, samples=None):
    """Suggest for a header: column -> field, `-` for columns that are no contact field."""
    return {m.column: "-" if m.confidence <= UNSURE else m.field for m in suggest(header, samples)}


def mapped(text, samples=None):
    """Suggest for columns parted by `|`: the fields in order, `-` for columns that are no contact field."""
    return " ".join(fields(text.split("|"), samples).values())


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
        ("Home City|Street line 1|Street line 2|Shipping Zip", "city address - postal_code"),
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
def test_what_is_something_else_is_a_property_at_most(header):
    (mapping,) = suggest([header])
    assert mapping.field == "properties." + slug(header)
    assert mapping.confidence == UNSURE
    assert mapping.reason.endswith(f"; kept as property {slug(header)} if properties may be created")


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
    ("header", "field"),
    [
        ("custom_field_industry", "properties.industry"),
        ("Custom Field: T-Shirt Größe", "properties.t_shirt_grosse"),
        ("cf_budget_2024", "properties.budget_2024"),
        ("custom_" + "x" * 80, "properties." + "x" * 50),
        ("customFields.plan", "properties.plan"),
        ("properties.favourite_colour", "properties.favourite_colour"),
        ("custom_客户", "-"),
        ("Properties owned", "-"),
        ("Customer", "-"),
    ],
)
def test_custom_columns_become_properties(header, field):
    assert fields([header])[header] == field


def test_a_custom_column_and_a_well_known_property_of_the_same_key_are_one_field():
    assert mapped("custom_city|City") == "- city"


@pytest.mark.parametrize(
    ("header", "field"),
    [("Compnay", "company"), ("Frist name", "first_name"), ("Telephon", "phone"), ("Webiste", "website"),
     ("Mame", "-"), ("Tell", "-"), ("Religion", "-"), ("Sender", "-"), ("Filename", "-"),
     ("Emial Adress", "email"), ("Phne Number", "phone"), ("Abmeldedatum", "status")],
)  # fmt: skip
def test_only_longer_words_may_be_misspelt(header, field):
    assert fields([header])[header] == field


def test_a_technical_prefix_shared_by_columns_is_read_over():
    assert mapped("Email|x9_city|x9_tags|x9_phone") == "email city tags -"
    assert mapped("usr_email|usr_fname|usr_phone") == "email first_name phone"
    assert mapped("dad_email|dad_fname|dad_phone") == "- - -"
    assert mapped("order_email|order_name|order_status") == "- - -"


def test_reasons_are_plain():
    reasons = {m.column: m.reason for m in suggest(["email", "Telefon", "Mail", "Zork", "Owner email", "Comapny"])}
    assert reasons == {
        "email": "header is exactly 'email'",
        "Telefon": "synonym of phone in German",
        "Mail": "another column is a better email; kept as property mail if properties may be created",
        "Zork": "no contact field; kept as property zork if properties may be created",
        "Owner email": "belongs to somebody else; kept as property owner_email if properties may be created",
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
    assert time.perf_counter() - started < 6
    started = time.perf_counter()
    for n in range(100):
        suggest([f"Telefonn{n}", "E-Mail", *(f"Compnay {n} {i} city" for i in range(18))])
    assert time.perf_counter() - started < 5


def test_languages_do_not_contradict_each_other():
    assert set(conflicts()) == {"cep", "hp", "kraj", "unvan"}  # of both, one meaning counts only in its language


def test_synonyms_lead_back_to_known_fields():
    assert fields(["Poste"])["Poste"] == "job_title"
    assert fields(["CEP"])["CEP"] == "postal_code"
    assert fields(["E-posta", "Cep"])["Cep"] == "postal_code"
