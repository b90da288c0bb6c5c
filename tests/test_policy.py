"""The house rules, end to end: limits, email checks and a language model, as the settings file sets them."""

from __future__ import annotations

import pytest

from contact_pipelines import imports
from contact_pipelines.errors import FileNotImportable, InvalidOption
from contact_pipelines.models import Counts
from contact_pipelines.settings.policy import Policy
from tests.helpers.chat_server import chatting, naming, sending
from tests.helpers.dns_server import MAIL, serving


def strict(importer, **rules):
    """Let the importer's imports run in a house of these rules."""
    importer.settings = importer.settings.model_copy(update={"policy": Policy.model_validate(rules)})


def test_a_house_can_take_fewer_rows(importer):
    strict(importer, limits={"rows": 2})
    assert importer.run("email\na@example.com\nb@example.com\n").counts == Counts(2, created=2)
    with pytest.raises(FileNotImportable, match="has more than 2 data rows"):
        importer.run("email\nc@example.com\nd@example.com\ne@example.com\n")
    assert len(importer.contacts()) == 2


def test_a_house_can_take_smaller_files(importer):
    strict(importer, limits={"file_bytes": 20})
    with pytest.raises(FileNotImportable, match=r"limits\.file_bytes"):
        importer.run("email\nsomebody@example.com\n")


def test_a_rule_that_cannot_be_kept_is_named_before_anything_is_read(importer):
    strict(importer, fields={"first_name": {"pattern": "("}})
    with pytest.raises(InvalidOption, match="first_name"):
        importer.run("email\na@example.com\n")


def test_addresses_are_checked_as_the_house_says(importer):
    with serving({"good.example": MAIL}) as server:
        mx = {"action": "reject", "nameservers": ["127.0.0.1"], "port": server.port, "timeout": 0.5}
        strict(importer, email_checks={"mx": mx, "disposable": "reject", "role": "warn"})
        record = importer.run(
            "email\nann@good.example\ninfo@good.example\nbob@nowhere.example\ncy@mailinator.com\n"
        )  # fmt: skip
    assert record.counts == Counts(4, created=2, failed=2)
    assert set(importer.contacts()) == {"ann@good.example", "info@good.example"}
    assert [row[-1] for row in importer.errors(record)[1:]] == [
        "email has a domain that takes no mail (no MX record)",
        "email is a disposable address; email has a domain that takes no mail (no MX record)",
    ]
    warnings = imports.import_warnings(importer.settings, record)
    assert [warning for warning in warnings if "shared mailbox" in warning] != []


def test_a_language_model_maps_what_the_built_in_rules_do_not_know(importer):
    with chatting(naming(("Wer", "full_name", 0.9), ("Zorp", "company", 0.9))) as chat:
        strict(importer, language_model={"base_url": chat.url, "model": "m"})
        record = importer.run("email,Zorp\nann@example.com,Acme Inc\n")
    assert {column.column: column.field for column in record.mapping} == {"email": "email", "Zorp": "company"}
    assert importer.contacts()["ann@example.com"]["company"] == "Acme Inc"
    assert "ann@example.com" not in chat.prompt
    assert "Acme" not in chat.prompt


def test_a_language_model_that_fails_is_not_felt(importer):
    with chatting(sending(b"<html>", status=500)) as chat:
        strict(importer, language_model={"base_url": chat.url, "model": "m"})
        record = importer.run("email,Zorp\nann@example.com,Acme Inc\n")
    assert record.counts == Counts(1, created=1)
    assert {column.column: column.field for column in record.mapping}["Zorp"] == "ignore"
    assert len(chat.requests) == 1
