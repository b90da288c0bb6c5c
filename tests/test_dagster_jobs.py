"""The doors and the way back: `new_import`, the sensor that starts it, `roll_back_import`."""

from __future__ import annotations

import dagster as dg
import pytest
import sqlalchemy as sa

from contact_pipelines import imports
from contact_pipelines.definitions import defs
from contact_pipelines.defs.new_import import NewImport
from contact_pipelines.defs.option_forms import form_options
from contact_pipelines.defs.partitions_and_tags import IMPORT_JOB, run_tags
from contact_pipelines.defs.pipelines import Pipelines
from contact_pipelines.defs.sensors import MAX_ATTEMPTS, close_abandoned_runs, start_registered_imports
from contact_pipelines.errors import InvalidOption
from contact_pipelines.models import FieldRule, ImportOptions, ImportStatus, Mode
from tests.helpers.dagster_runs import PEOPLE, count_contacts, everything_said, register, run_job, use_environment


@pytest.fixture
def settings(monkeypatch, tmp_path, database_url):
    return use_environment(monkeypatch, tmp_path / "home", database_url)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


@pytest.fixture
def tick(settings, store, instance):
    """One evaluation of the sensor, as the daemon would do it: partitions are added, run keys are remembered."""

    def evaluate(sensor=start_registered_imports):
        context = dg.build_sensor_context(
            instance=instance, resources={"pipelines": Pipelines(settings, store)}, definitions=defs
        )
        outcome = sensor(context)
        if isinstance(outcome, dg.SensorResult):
            for request in outcome.dynamic_partitions_requests or []:
                instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
        return outcome

    return evaluate


def launch(instance, job, config):
    return defs.resolve_job_def(job).execute_in_process(
        instance=instance, run_config={"ops": config}, raise_on_error=False
    )


def new_import(instance, **config):
    return launch(instance, "new_import", {"register_import": {"config": config}})


def roll_back(instance, **config):
    return launch(instance, "roll_back_import", {"roll_back": {"config": config}})


def requested_run(instance, request, status):
    """Leave a run in the instance as the daemon does when it takes a request."""
    return instance.create_run_for_job(
        defs.resolve_job_def(IMPORT_JOB),
        tags={**request.tags, "dagster/partition": request.partition_key},
        status=status,
    )


def output_of(result, step):
    event = next(event for event in result.all_events if event.is_successful_output and event.step_key == step)
    return {key: entry.value for key, entry in event.step_output_data.metadata.items()}


def test_from_the_form_to_the_store(store, instance, tick, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    launched = new_import(
        instance, file=str(path), groups={"tags": ["november"]}, matching={"rules": {"first_name": "fill_blank"}}
    )
    assert launched.success
    told = output_of(launched, "register_import")
    name = told["import"]
    assert instance.get_dynamic_partitions("imports") == [name]
    assert imports.get_import(store, name).status == ImportStatus.PENDING
    assert imports.get_import(store, name).options.rules == {"first_name": FieldRule.FILL_BLANK}

    request = tick().run_requests[0]
    assert request.partition_key == name
    assert request.tags["contact_pipelines/tenant"] == "default"
    assert request.tags["contact_pipelines/import_id"] == told["import_id"]
    run = defs.resolve_job_def(IMPORT_JOB).execute_in_process(
        instance=instance, partition_key=request.partition_key, tags=request.tags
    )
    assert run.success
    after = imports.get_import(store, name)
    assert after.status == ImportStatus.COMPLETED
    assert after.counts.created == 3
    with store.connect() as connection:
        tags = connection.scalar(sa.text("SELECT tags FROM contacts LIMIT 1"))
    assert "november" in tags
    assert "No import is waiting" in tick().skip_message


def test_the_form_as_it_is_pre_filled(store, instance, monkeypatch):
    job = defs.resolve_job_def("new_import")
    launched = job.execute_in_process(instance=instance, raise_on_error=False)  # the repository's example
    assert launched.success
    record = imports.get_import(store, output_of(launched, "register_import")["import"])
    assert record.file_name == "contacts_nov.csv"
    assert record.options == ImportOptions()


def test_every_field_of_the_form_is_described():
    form = defs.resolve_job_def("new_import").get_node_named("register_import").definition.config_schema
    fields = form.as_field().config_type.fields
    types = {name: getattr(field.config_type, "inner_type", None) for name, field in fields.items()}
    groups = {name: type_.fields for name, type_ in types.items() if hasattr(type_, "fields")}
    assert list(fields)[:3] == ["file", "tenant", "idempotency_key"]
    assert list(groups) == ["reading", "mapping", "values", "matching", "similar", "groups", "consent", "advanced"]
    fields = {**fields, **{name: field for group in groups.values() for name, field in group.items()}}
    assert set(fields) >= set(ImportOptions.model_fields)
    assert [name for name, field in fields.items() if not field.description] == []
    assert [name for name, field in fields.items() if field.is_required] == []


def test_the_same_idempotency_key_is_the_same_import(instance, store, tick, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    names = [
        output_of(new_import(instance, file=str(path), idempotency_key="k1"), "register_import")["import"]
        for _ in range(2)
    ]
    assert names[0] == names[1]
    assert len(tick().run_requests) == 1


def test_where_strangers_reach_the_form_it_names_locations_only(instance, store, tmp_path, monkeypatch):
    policy = tmp_path / "house.yaml"
    policy.write_text(f"local_paths_in_dagster: false\nlocations: {{drop: {{type: local, path: {tmp_path}}}}}\n")
    monkeypatch.setenv("CONTACT_PIPELINES_CONFIG", str(policy))
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    for file in (str(path), "people.csv", f"file://{path}", "local://drop/../people.csv"):
        launched = new_import(instance, file=file)
        assert not launched.success
        failed = next(event for event in launched.all_events if event.is_step_failure)
        assert failed.step_failure_data.user_failure_data is not None
    assert imports.list_imports(store) == []
    name = output_of(new_import(instance, file="local://drop/people.csv"), "register_import")["import"]
    assert imports.get_import(store, name).source == "local://drop/people.csv"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"file": "/nowhere/contacts.csv"}, "There is no file /nowhere/contacts.csv"),
        ({"values": {"country": "XX"}}, "The option country cannot be used"),
        ({"tenant": "../up"}, "A tenant's id is"),
    ],
)
def test_a_wrong_form_is_refused_in_a_sentence(instance, store, tmp_path, config, sentence):
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    launched = new_import(instance, **{"file": str(path), **config})
    assert not launched.success
    failed = next(event for event in launched.all_events if event.is_step_failure)
    assert sentence in failed.step_failure_data.user_failure_data.description
    assert imports.list_imports(store) == []


def test_options_of_the_form():
    form = NewImport(
        matching={"mode": "update_only"}, mapping={"columns": {"E-Mail privat": "email"}}, values={"country": "de"}
    )
    options = form_options(form, ImportOptions)
    assert options.mode == Mode.UPDATE_ONLY
    assert options.columns == {"E-Mail privat": "email"}
    assert options.country == "DE"
    with pytest.raises(InvalidOption, match="tags"):
        form_options(NewImport(groups={"tags": [" "]}), ImportOptions)


def test_a_requested_run_is_not_requested_again(instance, store, tick, tmp_path):
    record = register(store, tmp_path)
    request = tick().run_requests[0]
    assert tick().run_requests[0].run_key == request.run_key  # nobody took it: a crash in between loses nothing
    requested_run(instance, request, dg.DagsterRunStatus.STARTING)
    assert "1 have a run on its way already" in tick().skip_message
    assert imports.get_import(store, record.id).status == ImportStatus.PENDING


def test_an_import_of_another_door_gets_its_partition(instance, store, tick, tmp_path):
    record = register(store, tmp_path, door="http")
    tick()
    assert instance.has_dynamic_partition("imports", record.name)


def test_a_run_that_ended_before_it_began_is_followed_by_another(instance, store, tick, tmp_path):
    record = register(store, tmp_path)
    keys = set()
    for _ in range(MAX_ATTEMPTS):
        request = tick().run_requests[0]
        keys.add(request.run_key)
        requested_run(instance, request, dg.DagsterRunStatus.FAILURE)
    assert len(keys) == MAX_ATTEMPTS
    assert "1 were given up" in tick().skip_message
    after = imports.get_import(store, record.id)
    assert after.status == ImportStatus.FAILED
    assert "3 runs ended before the import began" in after.error
    assert "No import is waiting" in tick().skip_message


def test_a_run_that_dagster_retries_is_left_to_it(instance, store, tick, tmp_path):
    register(store, tmp_path)
    run = requested_run(instance, tick().run_requests[0], dg.DagsterRunStatus.FAILURE)
    instance.add_run_tags(run.run_id, {"dagster/will_retry": "true"})
    assert "1 have a run on its way already" in tick().skip_message


def test_a_cancelled_run_is_not_started_again(instance, store, tick, tmp_path):
    record = register(store, tmp_path)
    requested_run(instance, tick().run_requests[0], dg.DagsterRunStatus.CANCELED)
    assert "1 were given up" in tick().skip_message
    assert "cancelled before it began" in imports.get_import(store, record.id).error


def test_rollback(instance, store, tmp_path):
    record = register(store, tmp_path)
    assert run_job(instance, record).success
    dry = roll_back(instance, import_name=record.name, dry_run=True)
    assert output_of(dry, "roll_back").items() >= {"deleted": 3, "restored": 0, "kept": 0}.items()
    assert count_contacts(store) == 3
    done = roll_back(instance, import_name=record.name)
    assert done.success
    assert output_of(done, "roll_back")["status"] == "rolled_back"
    assert count_contacts(store) == 0
    observed = [event for event in done.all_events if event.event_type_value == "ASSET_OBSERVATION"]
    assert [event.asset_observation_data.asset_observation.partition for event in observed] == [record.name]


def test_a_second_rollback_says_so(instance, store, tmp_path):
    record = register(store, tmp_path)
    run_job(instance, record)
    roll_back(instance, import_name=record.name)
    again = roll_back(instance, import_name=record.name)
    assert not again.success
    assert "was already rolled back" in everything_said(instance, again.run_id)


def test_rollback_of_nothing(instance, store):
    result = defs.resolve_job_def("roll_back_import").execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert "There is no import" in everything_said(instance, result.run_id)


def test_no_sensor_is_due_exactly_when_the_daemon_looks():
    """It looks every five seconds: one that is due after exactly five may be left out, and ticks every ten then."""
    intervals = {sensor.name: sensor.minimum_interval_seconds for sensor in defs.sensors}
    assert intervals == {
        "start_registered_imports": 4,
        "close_abandoned_runs": 29,
        "expire_overdue_reviews": 29,
        "send_notifications": 9,
    }


def test_a_run_whose_process_died_is_closed(instance, store, tick, tmp_path):
    dead, alive = register(store, tmp_path, name="dead.csv"), register(store, tmp_path, name="alive.csv")
    job = defs.resolve_job_def(IMPORT_JOB)
    runs = {
        record.name: instance.create_run_for_job(
            job, tags={**run_tags(record), "dagster/partition": record.name}, status=dg.DagsterRunStatus.STARTED
        )
        for record in (dead, alive)
    }
    with store.begin() as connection:
        connection.execute(sa.text("UPDATE imports SET status = 'running', heartbeat_at = now()"))
        connection.execute(
            sa.text(
                "UPDATE imports SET status = 'failed', finished_at = now() - interval '5 minutes' WHERE name = :name"
            ),
            {"name": dead.name},
        )
    assert "1 of them had died" in tick(close_abandoned_runs).skip_message
    assert instance.get_run_by_id(runs[dead.name].run_id).status == dg.DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(runs[alive.name].run_id).status == dg.DagsterRunStatus.STARTED
