"""The settings file: what it may say, and the sentence for what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipelines.errors import InvalidOption
from contact_pipelines.files.locations import LocalLocation, S3Location, SftpLocation
from contact_pipelines.models import Case, CreateProperties, ImportOptions, Transformation
from contact_pipelines.settings import load_settings
from contact_pipelines.settings.feed_parts import Place
from contact_pipelines.settings.feed_settings import (
    BreakerLimits,
    ExportFeed,
    FeedMapping,
    ImportFeed,
    ImportSchedule,
    Watch,
)
from contact_pipelines.settings.policy import Action, Limits, Policy

EXAMPLE = Path(__file__).parent.parent / "examples" / "contact_pipelines.yaml"


@pytest.fixture
def load(tmp_path):
    """Load settings from a file's text and an environment."""

    def load(text: str, **environment: str):
        path = tmp_path / "house.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings({"CONTACT_PIPELINES_CONFIG": str(path), **environment})

    return load


def test_without_a_file_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load_settings({})
    assert settings.policy == Policy()
    assert settings.options == ImportOptions()
    assert settings.artifacts == str(tmp_path / ".contact_pipelines" / "artifacts")


def test_the_example_is_valid_and_shows_the_defaults():
    settings = load_settings({"CONTACT_PIPELINES_CONFIG": str(EXAMPLE)})
    assert settings.policy.limits == Limits()
    assert settings.policy.email_checks == Policy().email_checks
    assert [definition.key for definition in settings.policy.properties] == ["plan", "seats"]
    assert settings.options.country == "US"


def test_every_key_of_the_house_is_in_the_example():
    text = EXAMPLE.read_text(encoding="utf-8")
    for name in (*Policy.model_fields, *Limits.model_fields, *Transformation.model_fields):
        if name != "country":
            assert f"{name}:" in text, name


def test_every_key_of_locations_and_feeds_is_in_the_example_with_its_default():
    text = EXAMPLE.read_text(encoding="utf-8")
    models = (
        LocalLocation, SftpLocation, S3Location, ImportFeed, Watch, ImportSchedule, FeedMapping, BreakerLimits,
        ExportFeed, Place,
    )  # fmt: skip
    for model in models:
        for name in model.model_fields:
            assert f"{name}:" in text, f"{model.__name__}.{name}"
    settings = load_settings({"CONTACT_PIPELINES_CONFIG": str(EXAMPLE)})
    assert settings.broken == ()
    (feed,) = settings.imports
    assert feed.watch == Watch()
    assert feed.breaker.model_copy(update={"max_blank_share": {}}) == BreakerLimits()


def test_a_stricter_house(load):
    settings = load(
        "limits: {file_bytes: 200MB, rows: 200000}\n"
        "fields: {first_name: {required: true}, phone: {country_code_required: true}}\n"
        "email_checks: {disposable: reject, mx: {action: warn, nameservers: [127.0.0.1], port: 5353}}\n"
    )
    assert settings.policy.limits.file_bytes == 200_000_000
    assert settings.policy.limits.rows == 200_000
    assert settings.policy.fields["first_name"].required
    assert settings.policy.fields["phone"].country_code_required
    assert settings.policy.email_checks.disposable is Action.REJECT
    assert settings.policy.email_checks.mx.nameservers == ("127.0.0.1",)


def test_a_secret_comes_from_the_environment_and_is_not_shown(load):
    text = "language_model: {base_url: 'http://127.0.0.1:1/v1', model: m, api_key: {env: MODEL_KEY}}"
    settings = load(text, MODEL_KEY="hush")
    assert settings.policy.language_model.api_key == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("limits: {rows: -1}", "wrong value at limits.rows"),
        ("limits: {lines: 5}", "unknown key limits.lines"),
        ("colour: blue", "unknown key colour; the keys are limits, fields"),
        ("fields: {frist_name: {required: true}}", "there is no contact field frist_name"),
        ("options: {mode: replace}", "wrong value at options.mode"),
        ("options: {transform: {Date: {time_zone: Mars/Olympus}}}", "is not a time zone"),
        ("properties: [{key: Two Words}]", "wrong value at properties.0.key"),
        ("language_model: {base_url: a, model: b, api_key: hush}", "holds a secret at language_model.api_key"),
        ("artifacts: {env: NOT_SET}", "needs the environment variable NOT_SET at artifacts"),
        ("limits: [", "is not valid YAML (line 1)"),
        ("just text", "is not a list of `key: value` lines"),
    ],
)
def test_a_wrong_setting_is_named(load, text, sentence):
    with pytest.raises(InvalidOption) as raised:
        load(text)
    assert sentence in str(raised.value)
    assert "house.yaml" in str(raised.value)
    assert "hush" not in str(raised.value)


def test_an_import_goes_before_the_settings_key_by_key():
    defaults = ImportOptions(
        country="DE",
        create_properties=CreateProperties.YES,
        transform={"*": Transformation(case=Case.LOWER), "Name": Transformation(case=Case.TITLE)},
    )
    given = ImportOptions(
        create_properties=CreateProperties.NO, transform={"Name": Transformation(case=Case.UPPER)}, tags=("a",)
    )
    assert given.over(defaults) == ImportOptions(
        country="DE",
        create_properties=CreateProperties.NO,
        tags=("a",),
        transform={"*": Transformation(case=Case.LOWER), "Name": Transformation(case=Case.UPPER)},
    )
