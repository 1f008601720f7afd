-- +goose Up

-- What workitems are listed by (docs/adr/0023-task-lists.md). A name or an id is
-- a text that is not empty and has up to 255 bytes, an integer or a boolean;
-- other values are left out.
ALTER TABLE workitem
    ADD COLUMN creator text   NOT NULL DEFAULT '',
    ADD COLUMN owners  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN writers text[] NOT NULL DEFAULT '{}',
    -- {''} if $readaccess names nobody: then everybody may read. Empty, nobody is
    -- who is not allowed everything.
    ADD COLUMN readers text[] NOT NULL DEFAULT '{}',
    -- $workitemref and $uniqueidref
    ADD COLUMN refs    text[] NOT NULL DEFAULT '{}';

UPDATE workitem w
SET creator = coalesce(n.creator, ''),
    owners  = coalesce(n.owners, '{}'),
    writers = coalesce(n.writers, '{}'),
    readers = CASE WHEN n.restricted THEN coalesce(n.readers, '{}') ELSE '{""}' END,
    refs    = coalesce(n.refs, '{}')
FROM workitem o
CROSS JOIN LATERAL (
    SELECT
        (array_agg(CASE WHEN v.is_name THEN v.text END ORDER BY v.place)
            FILTER (WHERE v.item = 'creator' AND v.text IS NOT NULL))[1]                        AS creator,
        array_agg(v.text ORDER BY v.place) FILTER (WHERE v.item = 'owner' AND v.is_name)        AS owners,
        array_agg(v.text ORDER BY v.place) FILTER (WHERE v.item = 'writer' AND v.is_name)       AS writers,
        array_agg(v.text ORDER BY v.place) FILTER (WHERE v.item = 'reader' AND v.is_name)       AS readers,
        bool_or(v.item = 'reader' AND v.text <> '')                                             AS restricted,
        array_agg(v.text ORDER BY v.item, v.place) FILTER (WHERE v.item ^@ 'ref' AND v.is_name) AS refs
    FROM (
        SELECT
            i.item,
            e.place,
            e.value #>> '{}' AS text,
            octet_length(e.value #>> '{}') BETWEEN 1 AND 255
                AND (json_typeof(e.value) IN ('string', 'boolean') OR e.value::text ~ '^-?[0-9]+$') AS is_name
        -- reads the items once, not once for each name
        FROM json_to_record(o.items) AS x (
            "$creator"     json,
            "$owner"       json,
            "$writeaccess" json,
            "$readaccess"  json,
            "$workitemref" json,
            "$uniqueidref" json
        )
        CROSS JOIN LATERAL (
            VALUES
                ('creator', x."$creator"),
                ('owner', x."$owner"),
                ('writer', x."$writeaccess"),
                ('reader', x."$readaccess"),
                ('ref 1', x."$workitemref"),
                ('ref 2', x."$uniqueidref")
        ) AS i (item, list)
        -- a value that somebody wrote by hand may stand alone
        CROSS JOIN LATERAL json_array_elements(
            CASE json_typeof(i.list) WHEN 'array' THEN i.list ELSE json_build_array(i.list) END
        ) WITH ORDINALITY AS e (value, place)
        WHERE i.list IS NOT NULL
    ) v
) n
WHERE w.uniqueid = o.uniqueid;

-- None of what is indexed changes with an ordinary event, so that Postgres goes on
-- to update workitems in place: no $taskid, no $modified. Long texts would exceed
-- an entry.
CREATE INDEX workitem_created ON workitem (created);
-- Lists of these order by the creation as an expression that only their indexes
-- have: along that of created, what is found may be as old as a type is that
-- nobody uses any more.
CREATE INDEX workitem_type ON workitem (left(type, 255), (created AT TIME ZONE 'UTC'));
CREATE INDEX workitem_group ON workitem (left(workflow_group, 255), (created AT TIME ZONE 'UTC'));
CREATE INDEX workitem_creator ON workitem (creator, (created AT TIME ZONE 'UTC'));
CREATE INDEX workitem_names ON workitem USING gin (owners, writers, readers, refs);
-- Whether a model is in use.
CREATE INDEX workitem_model ON workitem (model_version);

ANALYZE workitem;
