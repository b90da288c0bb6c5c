"""Map: assign each column a field; leaves `mapped_contacts`, the mapped columns, still text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from contact_pipelines.imports.columns.file_mapping import FileMapping
    from contact_pipelines.imports.session import ImportSession


def run(session: ImportSession) -> duckdb.DuckDBPyRelation:
    """Map the file's columns, and save the mapped ones as `mapped_contacts`."""
    from contact_pipelines.contacts.properties import ensure_properties, list_properties
    from contact_pipelines.files.artifact_names import MAPPED, STAGED
    from contact_pipelines.imports.columns import file_mapping, file_name_presets, saved_mappings
    from contact_pipelines.imports.compare import opt_out_imports
    from contact_pipelines.store import imports_table

    with session.step("map"):
        record = session.record
        options = file_name_presets.with_preset(record.options, record.file_name)
        session.view(STAGED)
        staged = session.con.view(STAGED)
        header = file_mapping.header_of(staged)
        with session.store.begin() as connection:
            ensure_properties(connection, record.tenant_id, session.policy.properties)
            known = list_properties(connection, record.tenant_id)
            saved = saved_mappings.find(connection, record.tenant_id, header, options)
        mapping = file_mapping.map_columns(
            session.con, staged, known, options, session.policy, file_name=record.file_name, saved=saved
        )
        to_save = {column.column: column.field for column in mapping.columns}  # also what this import does not use
        if options.suppress:
            columns, options = opt_out_imports.reduce_columns(mapping.columns, options)
            mapping = file_mapping.FileMapping.of(columns, mapping.properties, options)
        with session.store.begin() as connection:
            imports_table.record_mapping(connection, record, mapping.columns, options)
            if options.save_mapping:
                saved_mappings.save(connection, record.tenant_id, options.save_mapping, header, to_save)
        session.update(mapping=mapping.columns, options=options)
        session.save(MAPPED, file_mapping.map_rows(staged, mapping))
        return session.load(MAPPED)


def recorded_mapping(session: ImportSession) -> FileMapping:
    """Return this step's mapping, whichever process made it. Reloads the session's record."""
    from contact_pipelines.contacts.properties import list_properties
    from contact_pipelines.imports.columns.file_mapping import FileMapping
    from contact_pipelines.store import imports_table

    with session.store.connect() as connection:
        record = session.record = imports_table.get(connection, session.record.tenant_id, session.record.id)
        known = {definition.key: definition for definition in list_properties(connection, record.tenant_id)}
    return FileMapping.of(record.mapping, known, record.options)
