"""Whose columns they are: the one whom the file is about, and the others who stand beside them."""

# ruff: noqa: RUF001 - dashes as Google writes them
from __future__ import annotations

import pytest

from contact_pipelines.imports.columns.suggesting import UNSURE, suggest


def mapped(text):
    """Suggest for columns parted by `|`: the fields in order, `-` for columns that are no contact field."""
    return " ".join("-" if m.confidence <= UNSURE else m.field for m in suggest(text.split("|")))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Adopter name|Adopter email|Adopter phone", "full_name email phone"),
        ("Xyzzer name|Xyzzer email|Xyzzer phone|Due", "full_name email phone -"),
        ("Email of the xyzzer|Name of the xyzzer", "email full_name"),
        ("r_fname|r_lname|r_mail|r_zip", "first_name last_name email postal_code"),
        ("租客姓名|租客邮箱|租客电话|租金", "full_name email phone -"),
        ("Bill To Name|Bill To Email|Bill To Phone|Ship To Name", "full_name email phone -"),
        ("Landlord name|Landlord email|Xyzzer name|Xyzzer email", "- - full_name email"),
        ("Dog name|Breed|Owner name|Owner email|Owner phone", "- - full_name email phone"),
    ],
)
def test_the_subject_of_a_file_need_not_be_a_known_word(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "Account name|Owner name|Owner email",
        "Grandma name|Grandma email",
        "Venue name|Venue email|Venue phone",
        "Product name|Support email",
        "Campaign|Email opens|Email subject|Welcome email",
        "Xyzzer name|Xyzzer email|Plugher name|Plugher email",
        "Landlord name|Landlord email",
        "班主任姓名|班主任邮箱",
    ],
)
def test_things_and_other_people_are_never_the_subject(header):
    found = {m.field for m in suggest(header.split("|"))}
    assert found.isdisjoint({"email", "phone", "first_name", "last_name", "full_name", "external_id"})


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("First name|Last name|Email for correspondence", "first_name last_name email"),
        ("Имя|Фамилия|Почта для уведомлений", "first_name last_name email"),
        ("Имя|Телефон|Почта для связи", "full_name phone email"),
        ("姓名|手机号|常用联络邮箱", "full_name phone email"),
        ("Alumno|Correo del tutor|Correo institucional", "- - email"),
        ("Name|Nanny email", "full_name -"),
        ("Name|Xyzzer name|Xyzzer email", "full_name - -"),
        ("Name|Email sent", "full_name -"),
        ("Name|Has email", "full_name -"),
        ("Name|To email|From email", "full_name - -"),
        ("Name|Gmail handle email|Zork email", "full_name - -"),
        ("姓名|班主任邮箱", "full_name -"),
    ],
)
def test_the_only_address_of_a_file_is_found_unless_it_is_another_s(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Patient name|Email|Contact person|Contact phone", "full_name email - -"),
        ("Nombre paciente|Apellidos paciente|Correo|Persona de contacto", "first_name last_name email -"),
        ("Name des Patienten|E-Mail|Kontaktperson", "full_name email -"),
        ("Company|Contact person|Contact phone|Email", "company full_name phone email"),
        ("Customer name|Contact email|Contact phone", "full_name email phone"),
    ],
)
def test_a_contact_person_beside_a_patient_is_somebody_else(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Guest name|Guest phone|Booker name|Booker email", "- - full_name email"),
        ("Buyer name|Buyer email|Recipient name|Recipient phone", "full_name email - -"),
        ("Property|Seller email|Buyer name|Buyer email", "- - - -"),
        ("Order|Name|Billing name|Billing email", "- - full_name email"),
        ("Order|Id|Customer ID|Email", "- - external_id email"),
        ("Issue|Id|Requester id|Requester email", "- - external_id email"),
        ("Gift code|Balance|Redeemed|Status|Email", "- - - - email"),
        ("Subscription ID|Subscription status|Next charge|Email", "- - - email"),
        ("List|Subscription status|Email", "- status email"),
        ("Order|State|Email", "- - email"),
        ("Order|State|City|Email", "- state city email"),
    ],
)
def test_names_addresses_and_states_are_of_one_person_and_not_of_an_order(header, expected):
    assert mapped(header) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("strFirstName|strEmail|dtmCreated|strManagerEmail", "first_name email created_at -"),
        ("attributes.email|attributes.first_name|id", "email first_name external_id"),
        ("email|properties.email|properties.plan", "email properties.email properties.plan"),
        ("dn|cn|sn|givenName|mail|l", "- full_name last_name first_name email city"),
        ("sn|Model|Email", "- - email"),
        ("FN|N.Family|EMAIL;TYPE=INTERNET|TEL;TYPE=CELL|TEL;TYPE=FAX", "full_name last_name email phone -"),
        ("E-Mail 1 – Label|E-Mail 1 – Wert", "- email"),
        ("请输入您的邮箱|请填写姓名", "email full_name"),
        ("¿Cuál es tu correo?|¿Cuál es tu nombre?|¿Cuál es el nombre de tu perro?", "email full_name -"),
    ],
)
def test_technical_names_and_questions(header, expected):
    assert mapped(header) == expected
