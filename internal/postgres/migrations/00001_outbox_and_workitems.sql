-- +goose Up

-- One row: who we are. Streams and messages carry the id, so that two
-- installations on one NATS server cannot mistake each other's entries.
CREATE TABLE installation (
    one     boolean     PRIMARY KEY DEFAULT true CHECK (one),
    id      uuid        NOT NULL DEFAULT gen_random_uuid(),
    created timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO installation DEFAULT VALUES;

-- What the relays last saw of the broker's stream. A younger stream, or a last
-- sequence that has gone back, means that messages are lost.
CREATE TABLE broker_stream (
    name          text        PRIMARY KEY,
    created       timestamptz NOT NULL,
    last_sequence bigint      NOT NULL
);

-- Deployed BPMN models. A version that is deployed again gets a new revision,
-- by which running processes notice it.
CREATE SEQUENCE model_revision;
CREATE TABLE model (
    version  text        PRIMARY KEY,
    revision bigint      NOT NULL DEFAULT nextval('model_revision'),
    source   bytea       NOT NULL,
    deployed timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- items holds every item with its type (docs/adr/0004-items.md): json and not
-- jsonb, which rewrites numbers and drops duplicate keys.
CREATE TABLE workitem (
    uniqueid       text        PRIMARY KEY,
    version        bigint      NOT NULL,
    transaction_id text        NOT NULL,
    -- the $transactionid of the processing that last entered the workitem's
    -- state: an async entry is current if and only if it carries the same
    armed_by       text        NOT NULL,
    model_version  text        NOT NULL,
    task_id        integer     NOT NULL,
    type           text        NOT NULL,
    workflow_group text        NOT NULL,
    created        timestamptz NOT NULL,
    modified       timestamptz NOT NULL,
    items          json        NOT NULL
) WITH (
    -- room on the page for the next version of the row: no index changes, so
    -- Postgres can update in place (HOT)
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.05
);

-- A UUID version 7: the microseconds of its creation (48 bits of milliseconds,
-- the version, 12 bits of fraction: RFC 9562, 6.2, method 3), then 62 random
-- bits. So new entries lie side by side in the index, in the order of their
-- creation. Postgres has uuidv7() only from version 18 on.
-- +goose StatementBegin
CREATE FUNCTION eventlog_id() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT encode(
        int8send((t.micros / 1000 << 16) | (7 << 12) | (t.micros % 1000 * 4096 / 1000))
            || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros) t
$$;
-- +goose StatementEnd

CREATE TABLE eventlog (
    id            uuid        PRIMARY KEY DEFAULT eventlog_id(),
    topic         text        NOT NULL CHECK (topic <> ''),
    ref           text        NOT NULL CHECK (ref <> ''),
    created       timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(created)),
    -- earliest processing time, "timeout" in Imixs' terms
    due           timestamptz NOT NULL DEFAULT clock_timestamp() CHECK (isfinite(due)),
    data          json,
    -- the $transactionid of the processing that armed this async entry; NULL
    -- if somebody else wrote it: such an entry no processing removes
    armed_by      text,
    traceparent   text,

    -- when a relay looks at the entry next; NULL: never again by itself
    dispatch_at   timestamptz DEFAULT clock_timestamp(),
    -- when the broker got it; then dispatch_at is the end of the lease
    dispatched_at timestamptz,
    -- counts the dispatches, to tell their messages apart
    generation    integer     NOT NULL DEFAULT 0,
    -- to be handled alone: it failed, ran long, or was delivered twice
    slow          boolean     NOT NULL DEFAULT false,

    attempts      integer     NOT NULL DEFAULT 0,
    -- the last attempt has begun and not come to an end
    attempting    boolean     NOT NULL DEFAULT false,
    last_error    text,
    first_failure timestamptz,
    last_failure  timestamptz,

    lock_owner    text,
    lock_expires  timestamptz,

    -- The queue the entry is in. Each is claimed by itself and has room at the
    -- broker of its own: what is slow, or comes in waves, delays nothing else.
    lane text NOT NULL GENERATED ALWAYS AS (
        CASE
            WHEN topic <> 'async.event' THEN 'copy'
            WHEN slow OR attempts > 0 THEN 'slow'
            WHEN due - created > interval '500 milliseconds' THEN 'timer'
            ELSE 'now'
        END
    ) STORED
) WITH (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05
);
CREATE INDEX eventlog_lane ON eventlog (lane, dispatch_at) WHERE dispatch_at IS NOT NULL;
CREATE INDEX eventlog_ref ON eventlog (ref);

-- What was discarded without an effect, with both transaction ids.
CREATE TABLE eventlog_discarded (
    id             uuid        NOT NULL,
    topic          text        NOT NULL,
    ref            text        NOT NULL,
    due            timestamptz NOT NULL,
    data           json,
    reason         text        NOT NULL,
    -- the $transactionid of the processing that the entry belonged to
    armed_by       text,
    -- the $transactionid that the workitem had moved on to
    transaction_id text,
    discarded      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX eventlog_discarded_at ON eventlog_discarded (discarded);
CREATE INDEX eventlog_discarded_ref ON eventlog_discarded (ref);

-- What happens to the entries of a topic. A pattern is a topic, or the
-- beginning of one and a '*'; the exact one wins, then the longest.
CREATE TABLE eventlog_topic (
    pattern text PRIMARY KEY CHECK (pattern <> ''),
    policy  text NOT NULL CHECK (policy IN ('async', 'copy', 'hold')),
    CHECK ((pattern = 'async.event') = (policy = 'async'))
);
INSERT INTO eventlog_topic (pattern, policy) VALUES ('async.event', 'async');

-- +goose StatementBegin
CREATE FUNCTION eventlog_policy(topic text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT coalesce(
        (
            SELECT t.policy
            FROM eventlog_topic t
            WHERE t.pattern = $1
               OR (right(t.pattern, 1) = '*' AND starts_with($1, left(t.pattern, -1)))
            ORDER BY (t.pattern = $1) DESC, length(t.pattern) DESC
            LIMIT 1
        ),
        'copy'
    )
$$;
-- +goose StatementEnd

-- Writes an entry in the caller's transaction and returns its id.
--
-- The delay counts from the call, not from the start of the transaction; due
-- is a point in time instead, and may be past. Errors (SQLSTATE 22023): no
-- topic, no ref, a negative delay, delay and due together, data over 512 KiB
-- for a topic that is published. The character U+0000 in data is an error too.
--
-- Relays are notified when the transaction commits, if the entry is to be looked
-- at within the minute. NOTIFY serialises commits:
-- who writes thousands of entries a second says SET postlude.notify = off, and
-- the relays' poll finds them.
-- +goose StatementBegin
CREATE FUNCTION eventlog_create(
    topic text,
    ref   text,
    data  json        DEFAULT NULL,
    delay interval    DEFAULT NULL,
    due   timestamptz DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    policy text;
    fires  timestamptz;
    entry  uuid;
BEGIN
    IF coalesce(topic, '') = '' THEN
        RAISE EXCEPTION 'eventlog_create: the topic is missing' USING ERRCODE = '22023';
    ELSIF coalesce(ref, '') = '' THEN
        RAISE EXCEPTION 'eventlog_create: the ref is missing' USING ERRCODE = '22023';
    ELSIF delay IS NOT NULL AND due IS NOT NULL THEN
        RAISE EXCEPTION 'eventlog_create: give a delay or a due time, not both' USING ERRCODE = '22023';
    ELSIF delay < interval '0' THEN
        RAISE EXCEPTION 'eventlog_create: the delay % is negative', delay USING ERRCODE = '22023';
    ELSIF NOT isfinite(due) THEN
        RAISE EXCEPTION 'eventlog_create: the due time is infinite' USING ERRCODE = '22023';
    END IF;
    policy := eventlog_policy(topic);
    IF policy <> 'hold' AND octet_length(data::text) > 524288 THEN
        RAISE EXCEPTION 'eventlog_create: the data have % bytes, a published entry may have 524288', octet_length(data::text)
            USING ERRCODE = '22023';
    END IF;
    IF strpos(data::text, '\u0000') > 0 THEN
        -- json keeps the escape as it is; jsonb refuses it, and only it
        PERFORM data::jsonb;
    END IF;
    fires := coalesce(due, clock_timestamp() + coalesce(delay, interval '0'));
    INSERT INTO eventlog AS e (topic, ref, due, data, dispatch_at)
    VALUES (topic, ref, fires, data, eventlog_dispatch_at(policy, fires))
    RETURNING e.id INTO entry;
    IF policy <> 'hold'
        AND eventlog_dispatch_at(policy, fires) <= clock_timestamp() + interval '1 minute'
        AND current_setting('postlude.notify', true) IS DISTINCT FROM 'off'
    THEN
        PERFORM pg_notify('postlude_eventlog', '');
    END IF;
    RETURN entry;
END
$$;
-- +goose StatementEnd

-- When a relay first looks at an entry: an async entry half a minute before it
-- is due, so that the broker can hold it, but not before now; all others when
-- they are due.
-- +goose StatementBegin
CREATE FUNCTION eventlog_dispatch_at(policy text, due timestamptz) RETURNS timestamptz
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT CASE policy
        WHEN 'hold' THEN NULL
        WHEN 'async' THEN greatest(clock_timestamp(), due - interval '30 seconds')
        ELSE due
    END
$$;
-- +goose StatementEnd
