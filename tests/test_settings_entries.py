"""Locations, imports and exports in the settings file: what they may say, and that a broken one breaks itself only."""

from __future__ import annotations

import pytest

from contact_pipelines.models import ImportOptions, Mode
from contact_pipelines.settings import load_settings
from contact_pipelines.settings.feed_parts import check_cron

GOOD = """
locations:
  sales: {type: sftp, host: sftp.example.com, username: sync, key_file: {env: SFTP_KEY}, known_hosts: ./known_hosts}
  bucket: {type: s3, bucket: acme-drop, endpoint_url: {env: S3_URL}, key: {env: S3_KEY}, secret: {env: S3_SECRET}}
  inbox: {type: local, path: inbox}
imports:
  - name: daily_salesforce
    source: {location: sales, path: /exports/contacts_*.csv}
    schedule: {cron: "0 2 * * *", timezone: America/New_York}
    mapping: {auto: true, columns: {Id: external_id, Email: email}}
    options: {mode: create_only, tags: [salesforce_sync], rules: {first_name: fill_blank}}
    notify: [admin@example.com]
  - name: drop
    source: {location: inbox, path: "*.csv"}
    watch: {every: 5s, quiet: 2m}
    done_file: "{name}.ok"
    archive: archive
exports:
  - name: weekly_leads
    schedule: {cron: "0 6 * * 1", timezone: Europe/Berlin}
    filter: "lead_score > 50 AND tags CONTAINS 'enterprise'"
    format: xlsx
    to: {location: bucket, path: "out/leads_{date}.xlsx"}
"""
ENVIRONMENT = {"SFTP_KEY": "/keys/id", "S3_URL": "https://s3.example.com", "S3_KEY": "AKIA", "S3_SECRET": "hush hush"}


@pytest.fixture
def load(tmp_path):
    def load(text: str, **environment: str):
        path = tmp_path / "house.yaml"
        path.write_text(text, encoding="utf-8")
        return load_settings({"CONTACT_PIPELINES_CONFIG": str(path), **ENVIRONMENT, **environment})

    return load


def test_feeds_and_locations_are_typed(load, tmp_path):
    settings = load(GOOD)
    assert settings.broken == ()
    sales, inbox = settings.locations["sales"], settings.locations["inbox"]
    assert str(sales.key_file) == "/keys/id"
    assert sales.known_hosts == tmp_path / "known_hosts"
    assert inbox.path == tmp_path / "inbox"
    assert settings.locations["bucket"].secret.get_secret_value() == "hush hush"
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()
    daily, drop = settings.imports
    assert daily.schedule.timezone == "America/New_York"
    assert daily.quiet == 30
    assert (drop.watch.every, drop.quiet) == (5, 120)
    defaults = ImportOptions(country="DE", columns={"Mail": "email"})
    assert daily.given_options.over(defaults) == ImportOptions(
        country="DE",
        mode=Mode.CREATE_ONLY,
        tags=("salesforce_sync",),
        rules={"first_name": "fill_blank"},
        columns={"Mail": "email", "Id": "external_id", "Email": "email"},
    )
    assert settings.exports[0].to.path == "out/leads_{date}.xlsx"


def test_a_broken_entry_breaks_itself_only(load):
    text = GOOD.replace("known_hosts: ./known_hosts}", "password: hush}").replace("every: 5s", "every: soon")
    settings = load(text)
    assert list(settings.locations) == ["bucket", "inbox"]
    assert settings.imports == ()
    assert [feed.name for feed in settings.exports] == ["weekly_leads"]
    assert [(entry.section, entry.name) for entry in settings.broken] == [
        ("locations", "sales"), ("imports", "drop"), ("imports", "daily_salesforce")
    ]  # fmt: skip
    assert "hush" not in str(settings.broken)


LOCATIONS = "locations: {inbox: {type: local, path: inbox}}\n"
FEED = "- {name: drop, source: {location: inbox, path: '*.csv'}, watch: {}}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("locations: {a: {type: ftp, host: h}}", "wrong value at locations.a: Input tag 'ftp' found using 'type' does"),
        ("locations: {a: {type: local, folder: x}}", "lacks the key locations.a.path"),
        ("locations: {a: {type: local, path: x, mode: y}}", "unknown key locations.a.mode; the keys are type, path"),
        ("locations: {'A b': {type: local, path: x}}", "wrong key at locations.A b: a name is a to z"),
        ("locations: {a: {type: s3, bucket: abc, secret: hush}}", "holds a secret at locations.a.secret"),
        (
            "locations: {a: {type: local, path: {env: NOT_SET}}}",
            "needs the environment variable NOT_SET at locations.a",
        ),
        ("locations: [a]", "wrong value at locations: it is NAME: {type: ...}"),
        ("imports: {a: 1}", "wrong value at imports: it is a list"),
        ("imports: [hello]", "wrong value at imports.0"),
        (
            LOCATIONS + "imports: [{name: drop, source: {location: inbox, path: '*.csv'}}]",
            "needs either watch or schedule",
        ),
        (
            LOCATIONS + f"imports: [{FEED[2:].replace('inbox', 'outbox')}]",
            "there is no usable location outbox",
        ),
        (LOCATIONS + f"imports: [{FEED[2:].replace('*.csv', '../*.csv')}]", "wrong value at imports.drop.source.path"),
        (LOCATIONS + f"imports: [{FEED[2:].replace('*.csv', 'a*/b.csv')}]", "may stand in the file's name only"),
        (LOCATIONS + f"imports: [{FEED[2:]}, {FEED[2:]}]", "has two entries named drop in imports"),
        (LOCATIONS + f"imports: [{FEED[2:-1]}, options: {{mode: replace}}}}]", "imports.drop.options.mode"),
        (
            LOCATIONS + f"imports: [{FEED[2:-1]}, option: {{}}}}]",
            "imports.drop.option; the keys are name, tenant, enabled",
        ),
        (
            LOCATIONS + f"imports: [{FEED[2:-1]}, breaker: {{rows: 1}}}}]",
            "imports.drop.breaker.rows; the keys are enabled",
        ),
        (LOCATIONS + f"imports: [{FEED[2:-1]}, done_file: done}}]", "such as {name}.ok"),
        (LOCATIONS + f"imports: [{FEED[2:-1]}, archive: /archive}}]", "the name of a folder beside the files"),
        (LOCATIONS + f"imports: [{FEED[2:-1]}, archive: a, delete: true}}]", "has archive and delete; choose one"),
        ("exports: [{name: x, schedule: {cron: '0 25 * * *'}}]", "exports.x.schedule.cron: has '25' as hour"),
        ("exports: [{name: x, schedule: {cron: '0 2 * * *', timezone: Mars}}]", "is not a time zone such as"),
        (
            "exports: [{name: x, schedule: {cron: '@daily'}, format: pdf}]",
            "'csv', 'xlsx', 'json', 'jsonl' or 'parquet'",
        ),
        (
            LOCATIONS + "exports: [{name: x, schedule: {cron: '@daily'}, to: {location: inbox, path: '{day}.csv'}}]",
            "unknown placeholder {day}",
        ),
    ],
)
def test_a_wrong_entry_is_named(load, text, sentence):
    (entry,) = load(text).broken
    assert sentence in entry.error
    assert "house.yaml" in entry.error
    assert "hush" not in entry.error


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/15 0-6,22 1,15 jan-mar mon-fri", "@daily", "0 2 29 2 *", "5-59/10 * * * 7"]
)
def test_cron_expressions(text):
    from dagster._utils.schedules import is_valid_cron_schedule

    assert is_valid_cron_schedule(check_cron(text))


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
             "a * * * *", "5/2 * * * *", "6-2 * * * *", "* * * * * *", "@never"]
)  # fmt: skip
def test_what_is_no_cron_expression(text):
    with pytest.raises(ValueError, match=r"is not a cron expression|has '"):
        check_cron(text)
