"""Probable duplicates in imports: each way of dealing with them, against the real store."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from contact_pipelines import operations
from contact_pipelines.cli.import_options import build_options
from contact_pipelines.defs.new_import import NewImport, options_of
from contact_pipelines.errors import InvalidOption
from contact_pipelines.importing.fuzzy import resolving
from contact_pipelines.models import Counts, FuzzyOptions, ImportOptions, ImportStatus

KNOWN = (
    "email,first_name,last_name,company,phone,city,birthday,status,tags\n"
    "john@old.example,John,Smith,Acme Inc.,+14155550101,,1975-03-09,subscribed,vip\n"
    "mary@old.example,Mary,Jones,Initech,+14155550102,Boston,1980-01-02,unsubscribed,\n"
)
FILE = (
    "email,first_name,last_name,company,phone,city,birthday,status,tags\n"
    "j.smith@new.example,Jon,Smith,ACME,+14155550101,Springfield,1975-03-09,,fair\n"
    "someone@new.example,Ada,Byron,Analytical,+14155550109,London,1990-12-10,,\n"
)
ON = {"on": "name+company+phone+birthday"}


def fuzzy(resolve="review", **more):
    return {"fuzzy": {**ON, "resolve": resolve, **more}}


@pytest.fixture
def known(importer):
    importer.run(KNOWN)
    return importer


def test_try(known):
    record = known.run(FILE, **fuzzy())
    print(record.counts, record.error)
    print(known.results(record))
    print(operations.import_warnings(known.settings, record))
    print(Path(known.settings.artifacts, "default", record.id, "duplicates.csv").read_text())
    for r in ("skip_new", "update_existing", "merge_fields", "create_new"):
        known.roll_back(record)
        record = known.run(FILE, **fuzzy(r))
        print(r, record.counts, record.error)
        print(known.results(record))
        print(operations.import_warnings(known.settings, record))
        print(Path(known.settings.artifacts, "default", record.id, "duplicates.csv").read_text())
        print(known.contacts())
    assert 0
