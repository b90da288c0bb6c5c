-- What becomes of a contact's value when a row brings another one: `old` is the contact's, `new` the row's (NULL: the
-- cell is blank). DuckDB puts a macro's text in place of its call, and a CASE on a constant folds to one branch, so a
-- rule costs no more than what it does.

-- name: macros
-- Consent. Of two statuses the stricter one holds.
CREATE OR REPLACE TEMPORARY MACRO strictness(status) AS list_position([{statuses}], status);
CREATE OR REPLACE TEMPORARY MACRO status_of(strictness) AS [{statuses}][strictness];
CREATE OR REPLACE TEMPORARY MACRO loosens(old, new) AS old <> 'subscribed' AND new = 'subscribed';
CREATE OR REPLACE TEMPORARY MACRO merged_status(rule, old, new, forced) AS CASE
    WHEN rule IN ('keep', 'fill_blank') THEN old -- it is never blank
    WHEN forced THEN new
    ELSE status_of(greatest(strictness(old), strictness(new)))
END;

-- One value. `if_blank` is what a blank cell leaves; `old_rank` and `new_rank` are what is compared.
CREATE OR REPLACE TEMPORARY MACRO merged(rule, old, new, if_blank, is_newer, old_rank, new_rank) AS CASE rule
    WHEN 'keep' THEN old
    WHEN 'fill_blank' THEN coalesce(old, new)
    WHEN 'keep_higher' THEN CASE WHEN old_rank >= new_rank THEN old ELSE coalesce(new, old) END
    WHEN 'keep_lower' THEN CASE WHEN old_rank <= new_rank THEN old ELSE coalesce(new, old) END
    WHEN 'newer' THEN CASE WHEN is_newer THEN coalesce(new, if_blank) ELSE old END
    ELSE coalesce(new, if_blank)
END;

-- Lists: items keep their order, and what is added comes last.
CREATE OR REPLACE TEMPORARY MACRO items_with(items, others) AS
    list_concat(items, list_filter(others, lambda item: NOT list_contains(items, item)));
CREATE OR REPLACE TEMPORARY MACRO items_without(items, others) AS
    list_filter(items, lambda item: NOT list_contains(others, item));

-- A multi_select property: a JSON array, in the spelling of PostgreSQL's jsonb.
CREATE OR REPLACE TEMPORARY MACRO items_of(json) AS CAST(CAST(json AS JSON) AS VARCHAR[]);
CREATE OR REPLACE TEMPORARY MACRO json_array_of(items) AS
    '[' || array_to_string(list_transform(items, lambda item: to_json(item)), ', ') || ']';
CREATE OR REPLACE TEMPORARY MACRO merged_items(rule, old, new, if_blank, is_newer, is_required) AS CASE rule
    WHEN 'append' THEN CASE
        WHEN new IS NULL THEN old
        WHEN old IS NULL THEN new
        ELSE json_array_of(items_with(items_of(old), items_of(new)))
    END
    WHEN 'remove' THEN CASE
        WHEN old IS NULL OR new IS NULL THEN old
        WHEN len(items_without(items_of(old), items_of(new))) > 0
        THEN json_array_of(items_without(items_of(old), items_of(new)))
        WHEN is_required THEN old
    END
    ELSE merged(rule, old, new, if_blank, is_newer, old, new)
END;

-- Tags. Those of imports stay where they are, whatever the file says: or else each import of a file with tags would
-- remove the tag of the last one, and so change every contact. `own_tag` is this import's, NULL if it has none.
CREATE OR REPLACE TEMPORARY MACRO is_import_tag(tag, own_tag) AS
    tag LIKE {automatic_tags} OR coalesce(tag = own_tag, false);
CREATE OR REPLACE TEMPORARY MACRO without_import_tags(tags, own_tag) AS
    list_filter(tags, lambda tag: NOT is_import_tag(tag, own_tag));
CREATE OR REPLACE TEMPORARY MACRO import_tags_of(tags, own_tag) AS
    list_filter(tags, lambda tag: is_import_tag(tag, own_tag));
CREATE OR REPLACE TEMPORARY MACRO with_tag(tags, tag) AS
    CASE WHEN tag IS NULL OR list_contains(tags, tag) THEN tags ELSE list_append(tags, tag) END;
-- Tags that are the same but for their order are left as they are.
CREATE OR REPLACE TEMPORARY MACRO replaced_tags(old, wanted, own_tag) AS CASE
    WHEN without_import_tags(wanted, own_tag) = without_import_tags(old, own_tag) AND list_has_all(old, wanted) THEN old
    ELSE items_with(wanted, import_tags_of(old, own_tag))
END;
CREATE OR REPLACE TEMPORARY MACRO removed_tags(old, named, is_required) AS CASE
    WHEN is_required AND len(items_without(old, named)) = 0 THEN old
    ELSE items_without(old, named)
END;
-- The tags of a contact, its import's own left out; `given` are those that the import puts on all, a constant.
CREATE OR REPLACE TEMPORARY MACRO with_given(tags, given) AS
    CASE WHEN len(given) = 0 THEN tags ELSE items_with(tags, given) END;
CREATE OR REPLACE TEMPORARY MACRO merged_tags(rule, old, new, if_blank, is_newer, is_required, given, own_tag) AS
    with_given(
        CASE rule
            WHEN 'keep' THEN old
            WHEN 'fill_blank' THEN CASE
                WHEN len(without_import_tags(old, own_tag)) = 0 THEN items_with(coalesce(new, []), old)
                ELSE old
            END
            WHEN 'append' THEN items_with(old, coalesce(new, []))
            -- To take away what the import puts on is no change.
            WHEN 'remove' THEN removed_tags(
                old, items_without(coalesce(new, []), with_tag(given, own_tag)), is_required)
            WHEN 'newer' THEN CASE
                WHEN is_newer THEN replaced_tags(old, with_given(coalesce(new, if_blank), given), own_tag)
                ELSE old
            END
            ELSE replaced_tags(old, with_given(coalesce(new, if_blank), given), own_tag)
        END,
        given
    );
CREATE OR REPLACE TEMPORARY MACRO created_tags(new, given, own_tag) AS CASE
    WHEN len(given) = 0 AND own_tag IS NULL THEN new
    ELSE with_tag(with_given(coalesce(new, []), given), own_tag)
END;

-- JSON objects, a member a field; a member of NULL is none.
CREATE OR REPLACE TEMPORARY MACRO json_of(value) AS CAST(to_json(value) AS VARCHAR);
CREATE OR REPLACE TEMPORARY MACRO json_member(key, json) AS '"' || key || '":' || json;
CREATE OR REPLACE TEMPORARY MACRO set_member(key, old, new, json) AS
    CASE WHEN new IS NOT NULL AND old IS DISTINCT FROM new THEN json_member(key, json) END;
CREATE OR REPLACE TEMPORARY MACRO changed_member(key, old, new, json) AS
    CASE WHEN old IS DISTINCT FROM new THEN json_member(key, coalesce(json, 'null')) END;
