"""Every option through every door: each of its values arrives, and the built-in default can be chosen back."""

from __future__ import annotations

from uuid import uuid4

import dagster as dg
import pytest
import yaml

from contact_pipelines import feeds, imports
from contact_pipelines.cli import import_command
from contact_pipelines.definitions import defs
from contact_pipelines.defs.new_export import NewExport
from contact_pipelines.defs.new_import import NewImport
from contact_pipelines.defs.option_forms import form_options
from contact_pipelines.errors import InvalidOption
from contact_pipelines.feeds.watch import register_file
from contact_pipelines.models import Mode, Resolve
from contact_pipelines.models.option_declarations import Panel, declared, json_schema
from contact_pipelines.options import ExportRequest, FuzzyOptions, ImportOptions, Transformation
from contact_pipelines.settings.feed_settings import ExportFeed, ImportFeed
from contact_pipelines.store.tenants import ensure_tenant
from contact_pipelines.store.watched_files import WatchedFile
from tests.helpers.feeds import Feeding
from tests.helpers.settings_file import with_entries
from tests.options_doc import OPTIONS_DOC, options_doc

CONTRADICTION = {"suppress": "opt_out", "mode": "create_all", "tags": ["x"]}


# -- feeds keep to what other doors check


def test_a_feed_that_contradicts_itself_is_told_by_check(importer):
    drop = Feeding(importer, options=CONTRADICTION)
    tried = next(it for it in feeds.check_settings(drop.settings) if it.section == "imports")
    assert tried.error == ("An import that suppresses only opts people out; remove the option mode.")
    drop.write("a.csv")
    with pytest.raises(InvalidOption, match="remove the option mode"):
        drop.look()
    assert drop.imports() == []


def test_a_feed_that_suppresses_leaves_the_defaults_of_the_settings_file_aside(importer):
    drop = Feeding(importer, options={"suppress": "opt_out"})
    policy = {"lists": ["customers"], "tags": ["all"], "mode": "create_only"}
    defaults = with_entries(importer.settings, importer.folder, options=policy).options
    drop.settings = drop.settings.model_copy(update={"options": defaults})
    drop.write("a.csv")
    (record,) = drop.look_and_run()
    assert (record.options.lists, record.options.tags, record.options.mode) == ((), (), Mode.UPDATE_ONLY)
    assert drop.sql("SELECT * FROM groups") == []


# -- each option set to each of its values arrives


def values_of(option):
    """Return values of an option as JSON has them: all that there are, or its example."""
    if option.kind is bool:
        return [True, False]
    if option.name == "rules":
        return [option.example, *({"tags": word} for word in option.choices)]
    if option.name == "fuzzy":
        return [option.example, {"on": ["phone"]}, *({"resolve": word.value} for word in Resolve), {"threshold": 50}]
    if option.name == "header":
        return [option.example, "none"]
    if option.kind is tuple and option.choices:
        return [option.example, *([word] for word in option.choices)]
    return list(option.choices) if option.choices and option.kind is not dict else [option.example]


def flags(option, value):  # noqa: PLR0911
    """Return the arguments of the command line for a value; a default that is no value at all is an empty text."""
    flag, _, off = option.flag.partition("/")
    if option.name == "fuzzy":
        said = {"on": "none"} if value is None else value
        members = {member.name: member for member in declared(FuzzyOptions)}
        return [text for name, inner in said.items() for text in flags(members[name], inner)]
    if option.kind is bool:
        return [flag if value else off]
    if not value:
        return [flag, "auto" if option.name == "preset" else ""]
    if option.name == "transform":
        return [
            text
            for column, keys in value.items()
            for key, inner in keys.items()
            for text in (flag, f"{column}:{key}={inner}")
        ]
    if option.kind is dict:
        return [text for name, inner in value.items() for text in (flag, f"{name}={inner}")]
    if option.kind is tuple and isinstance(value, list) and not option.comma:
        return [text for inner in value for text in (flag, inner)]
    return [flag, ",".join(value) if isinstance(value, list) else str(value)]


class Doors:
    """Ways to register an import with options, against defaults of a settings file; each returns what was stored."""

    def __init__(self, importer, run, monkeypatch):
        self.importer, self.run, self.monkeypatch = importer, run, monkeypatch
        self.path = importer.file("email\nann@example.com\n", "people.csv")
        self.feeding = Feeding(importer)
        self.feeding.write("people.csv")
        monkeypatch.setattr(import_command, "_run", lambda *_: None)
        monkeypatch.setattr(import_command, "tell_people", lambda *_: None)
        monkeypatch.setattr(import_command, "print_outcome", lambda *_, **__: 0)

    def settings(self, **options):
        return with_entries(self.importer.settings, self.importer.folder, options=options)

    def register(self, options, defaults):
        record = imports.register_import(
            self.importer.store, str(self.path), options, defaults=self.settings(**defaults).options
        )
        return imports.get_import(self.importer.store, record.id).options

    def python(self, given, defaults):
        return self.register(ImportOptions.model_validate(given), defaults)

    def form(self, given, defaults):
        panels = {option.name: option.panel.key for option in declared(ImportOptions)}
        config = {"file": str(self.path)}
        for name, value in given.items():
            words = {"preset": "auto", "fuzzy": {"on": "none"}}
            config.setdefault(panels[name], {})[name] = words.get(name, "") if value is None else value
        job = {"ops": {"register_import": {"config": config}}}
        ran = dg.validate_run_config(defs.resolve_job_def("new_import"), job)
        form = NewImport(**ran["ops"]["register_import"]["config"])
        return self.register(form_options(form, ImportOptions), defaults)

    def command_line(self, given, defaults):
        known = {option.name: option for option in declared(ImportOptions)}
        return self.command([text for name, value in given.items() for text in flags(known[name], value)], defaults)

    def options_file(self, given, defaults):
        (self.importer.folder / "given.yaml").write_text(yaml.safe_dump(given))
        return self.command(["--options", self.importer.folder / "given.yaml"], defaults)

    def command(self, arguments, defaults):
        self.settings(**defaults)
        self.monkeypatch.setenv("CONTACT_PIPELINES_CONFIG", str(self.importer.folder / "house.yaml"))
        done = self.run("import", self.path, *arguments)
        assert done.code == 0, done.err
        return imports.list_imports(self.importer.store, limit=1)[0].options

    def feed(self, given, defaults):
        drop = self.feeding
        entry = ImportFeed.model_validate({**drop.feed.model_dump(exclude_unset=True), "options": given})
        settings = drop.settings.model_copy(update={"options": self.settings(**defaults).options})
        file = WatchedFile(path="people.csv", version=str(uuid4()))
        with drop.store.begin() as connection:
            ensure_tenant(connection, entry.tenant)
            record = register_file(connection, settings, entry, file, door="watch")
        return record.options


@pytest.fixture
def doors(importer, run, monkeypatch):
    return Doors(importer, run, monkeypatch)


DOORS = ["python", "options_file", "command_line", "form", "feed"]


@pytest.mark.parametrize("door", DOORS)
def test_every_value_arrives(doors, door):
    for option in declared(ImportOptions):
        for value in values_of(option):
            given = {option.name: value}
            if option.name == "suppress_reason":
                given["suppress"] = "block"
            expected = imports.prepared_options(ImportOptions.model_validate(given))
            assert getattr(getattr(doors, door)(given, {}), option.name) == getattr(expected, option.name), (
                option.name,
                value,
            )


@pytest.mark.parametrize("door", DOORS)
def test_a_built_in_default_can_be_chosen_back(doors, door):
    """The settings file says otherwise, and holds where nothing is given."""
    for option in declared(ImportOptions):
        if not option.can_be_default:
            continue
        default = ImportOptions().model_dump(mode="json")[option.name]
        other = next(value for value in values_of(option) if value not in (default, "auto"))
        policy = getattr(ImportOptions.model_validate({option.name: other}), option.name)
        through = getattr(doors, door)
        assert getattr(through({}, {option.name: other}), option.name) == policy, option.name
        back = through({option.name: default}, {option.name: other})
        assert getattr(back, option.name) == getattr(ImportOptions(), option.name), option.name


def test_the_keys_of_all_columns_can_be_chosen_back(doors):
    policy = {"transform": {"*": {"date_format": "%d.%m.%Y", "decimal_comma": True}}}
    chosen = doors.command(["--date-format", "", "--no-decimal-comma"], policy).transform["*"]
    assert chosen == Transformation(decimal_comma=False)


def test_each_key_of_the_search_for_duplicates_can_be_chosen_back(doors):
    policy = {"fuzzy": {"on": ["phone"], "threshold": 90, "resolve": "skip_new"}}
    given = ["--fuzzy", "all", "--fuzzy-threshold", "85", "--fuzzy-resolve", "review"]
    assert doors.command(given, policy).fuzzy == FuzzyOptions()


def test_what_decides_about_consent_is_never_an_empty_text(run, tmp_path):
    (tmp_path / "a.csv").write_text("email\nann@example.com\n")
    for flag in ("--preset", "--suppress-mode", "--force-status", "--status"):
        done = run("import", "a.csv", flag, "")
        assert (done.code, f"The value of {flag} is wrong" in done.err) == (2, True)


def test_options_that_cannot_be_defaults(importer):
    for option in declared(ImportOptions):
        if not option.can_be_default:
            with pytest.raises(InvalidOption, match=f"{option.name} cannot be a default"):
                with_entries(importer.settings, importer.folder, options={option.name: values_of(option)[0]})


# -- exports


@pytest.mark.parametrize("door", ["command_line", "form", "feed"])
def test_every_value_of_an_export_arrives(door, monkeypatch, run):
    asked = []
    monkeypatch.setattr("contact_pipelines.exports.export_contacts", lambda *of, **_: asked.append(of[2]))
    for option in declared(ExportRequest):
        for value in values_of(option):
            given = {option.name: value}
            if door == "command_line":
                run("export", *flags(option, value))
                got = asked.pop()
            elif door == "form":
                config = {"ops": {"export_contacts": {"config": {option.panel.key: given}}}}
                ran = dg.validate_run_config(defs.resolve_job_def("new_export"), config)
                got = form_options(NewExport(**ran["ops"]["export_contacts"]["config"]), ExportRequest)
            else:
                entry = {"name": "weekly", "schedule": {"cron": "0 6 * * 1"}, **given}
                got = ExportFeed.model_validate(entry).request
            expected = ExportRequest.model_validate(given)
            assert getattr(got, option.name) == getattr(expected, option.name), option.name


# -- what is made of the declarations


def test_flags_are_told_apart_and_panels_are_those_declared():
    flags = [option.flag for model in (ImportOptions, FuzzyOptions, Transformation) for option in declared(model)]
    given = [flag for flag in flags if flag]
    assert len(set(given)) == len(given)
    assert {import_command._MAPPING, import_command._CONSENT} <= {panel.value for panel in Panel}


def test_the_schema_says_what_doors_need():
    schema = json_schema(ImportOptions)
    assert schema["properties"]["tags"] == {
        "type": "array",
        "items": {"type": "string"},
        "default": [],
        "title": "Tags",
        "description": "Tags for all created and matched contacts",
        "examples": [["fair-2026"]],
        "x-panel": "groups",
    }
    assert "mode" in schema["properties"]["suppress"]["x-excludes"]
    assert schema["additionalProperties"] is False


def test_the_document_is_what_the_declarations_make():
    assert OPTIONS_DOC.read_text(encoding="utf-8") == options_doc()
