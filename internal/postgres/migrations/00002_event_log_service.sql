-- +goose Up

-- The functions below run with the rights of their owner. They search this
-- schema alone: pg_temp, which anybody may write to, comes last, or a caller's
-- temporary table could take the place of ours.
SELECT set_config('search_path', format('%I, pg_temp', current_schema()), true);

-- Topics and refs stand in indexes now, which have no room for longer ones.
-- +goose StatementBegin
DO $$
DECLARE
    long text;
BEGIN
    SELECT string_agg(id::text, ', ') INTO long
    FROM (SELECT id FROM eventlog WHERE octet_length(topic) + octet_length(ref) > 2500 LIMIT 10) e;
    IF long IS NOT NULL THEN
        RAISE EXCEPTION 'the topic and the ref of entries have over 2500 bytes: %', long
            USING ERRCODE = '22023', HINT = 'Shorten or delete them, and migrate again.';
    END IF;
END
$$;
-- +goose StatementEnd

ALTER TABLE eventlog
    -- when the broker acknowledged an entry that is not async: nobody publishes
    -- it again, whatever becomes of its topic's policy
    ADD COLUMN published_at timestamptz,
    -- where the broker has an entry that was handed over
    ADD COLUMN stream          text,
    ADD COLUMN stream_sequence bigint,
    -- when the lock was taken, or extended last
    ADD COLUMN locked_at timestamptz;

-- Until now a copy that was published looked like one on hold. What was never
-- claimed was never published; for the rest the policy is the best witness.
UPDATE eventlog
SET published_at = clock_timestamp()
WHERE topic <> 'async.event'
  AND dispatch_at IS NULL
  AND generation > 0
  AND eventlog_policy(topic) <> 'hold';

-- None of these takes up an async entry: they cost the workers nothing.

-- The lines of ordered topics: what of a ref is not published yet, the next first.
CREATE INDEX eventlog_line ON eventlog (ref, due, id)
    WHERE topic <> 'async.event' AND published_at IS NULL;
-- What no relay looks at: on hold, or behind another in its line.
CREATE INDEX eventlog_parked ON eventlog (topic, ref)
    WHERE topic <> 'async.event' AND published_at IS NULL AND dispatch_at IS NULL;
-- Copies that were published and not removed.
CREATE INDEX eventlog_published ON eventlog (topic, published_at)
    WHERE published_at IS NOT NULL AND stream_sequence IS NULL;
-- Handovers that are to be proved.
CREATE INDEX eventlog_handed ON eventlog (topic, published_at)
    WHERE stream_sequence IS NOT NULL;
-- Lists of a topic, the oldest first, and its queue for consumers, due first.
CREATE INDEX eventlog_topic_created ON eventlog (topic, created, id)
    WHERE topic <> 'async.event';
-- Locks to be listed and released.
CREATE INDEX eventlog_locked ON eventlog (topic, lock_expires)
    WHERE lock_owner IS NOT NULL;
CREATE INDEX eventlog_topic_due ON eventlog (topic, due, id)
    WHERE topic <> 'async.event';

ALTER TABLE eventlog_topic
    DROP CONSTRAINT eventlog_topic_policy_check,
    ADD CONSTRAINT eventlog_topic_policy_check CHECK (policy IN ('async', 'copy', 'handover', 'hold')),
    -- how long a copy stays after it was published; NULL: until it is removed
    ADD COLUMN retention interval CHECK (retention IS NULL OR (retention > interval '0' AND policy = 'copy')),
    -- how long after it was handed over an entry stays at least; NULL: the default
    ADD COLUMN grace interval CHECK (grace IS NULL OR (grace > interval '0' AND policy = 'handover')),
    -- where a handover goes; NULL: the default
    ADD COLUMN stream text CHECK (stream IS NULL OR (stream ~ '^[A-Za-z0-9_-]{1,32}$' AND policy = 'handover')),
    -- of one ref, the next is published when the one before was acknowledged
    ADD COLUMN ordered boolean NOT NULL DEFAULT false CHECK (NOT ordered OR policy IN ('copy', 'handover'));

-- The pattern whose policy a topic has, NULL if none fits.
-- +goose StatementBegin
CREATE FUNCTION eventlog_pattern(topic text) RETURNS text
LANGUAGE sql STABLE
AS $$
    SELECT t.pattern
    FROM eventlog_topic t
    WHERE t.pattern = $1
       OR (right(t.pattern, 1) = '*' AND starts_with($1, left(t.pattern, -1)))
    ORDER BY (t.pattern = $1) DESC, length(t.pattern) DESC
    LIMIT 1
$$;
-- +goose StatementEnd

-- Producers may repeat a call whose end they did not see: under the same key it
-- returns the same entry, for a day, whatever has become of the entry.
CREATE TABLE eventlog_key (
    key     text        PRIMARY KEY CHECK (key <> '' AND octet_length(key) <= 255),
    -- a digest of what was to be created under the key
    content bytea       NOT NULL,
    entry   uuid        NOT NULL,
    created timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX eventlog_key_created ON eventlog_key (created);

DROP FUNCTION eventlog_create(text, text, json, interval, timestamptz);

-- Writes an entry in the caller's transaction, or finds the one that the same
-- call wrote before, and returns its id and whether it is new.
--
-- The delay counts from the call, not from the start of the transaction; due
-- is a point in time instead, and may be past. The idempotency key, at most 255
-- bytes, holds for 24 hours, even if the entry is removed meanwhile. Of two
-- transactions with the same key at the same time the second waits for the end
-- of the first. traceparent is a W3C trace context.
--
-- Errors (SQLSTATE 22023): no topic, no ref, over 2500 bytes of both, a negative delay, delay and due
-- together, a due time outside of the years 1 to 9999, data over 512 KiB for a topic that is published, a key that is too
-- long, a traceparent that is none. The character U+0000 in data is an error
-- too. 23505: the key was used for another entry.
--
-- Relays are notified when the transaction commits, if the entry is to be looked
-- at within the minute. NOTIFY serialises commits:
-- who writes thousands of entries a second says SET postlude.notify = off, and
-- the relays' poll finds them.
-- +goose StatementBegin
CREATE FUNCTION eventlog_create_once(
    topic           text,
    ref             text,
    data            json        DEFAULT NULL,
    delay           interval    DEFAULT NULL,
    due             timestamptz DEFAULT NULL,
    idempotency_key text        DEFAULT NULL,
    traceparent     text        DEFAULT NULL,
    OUT id          uuid,
    OUT is_new      boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    policy text;
    fires  timestamptz;
    looks  timestamptz;
    digest bytea;
    known  eventlog_key;
BEGIN
    IF coalesce(topic, '') = '' THEN
        RAISE EXCEPTION 'eventlog_create: the topic is missing' USING ERRCODE = '22023';
    ELSIF coalesce(ref, '') = '' THEN
        RAISE EXCEPTION 'eventlog_create: the ref is missing' USING ERRCODE = '22023';
    ELSIF octet_length(topic) + octet_length(ref) > 2500 THEN
        -- both stand in one index
        RAISE EXCEPTION 'eventlog_create: topic and ref have % bytes together, 2500 are allowed', octet_length(topic) + octet_length(ref)
            USING ERRCODE = '22023';
    ELSIF delay IS NOT NULL AND due IS NOT NULL THEN
        RAISE EXCEPTION 'eventlog_create: give a delay or a due time, not both' USING ERRCODE = '22023';
    ELSIF delay < interval '0' THEN
        RAISE EXCEPTION 'eventlog_create: the delay % is negative', delay USING ERRCODE = '22023';
    ELSIF idempotency_key = '' OR octet_length(idempotency_key) > 255 THEN
        RAISE EXCEPTION 'eventlog_create: the idempotency key has % bytes, 1 to 255 are allowed', octet_length(idempotency_key)
            USING ERRCODE = '22023';
    ELSIF traceparent !~ '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$' THEN
        RAISE EXCEPTION 'eventlog_create: the traceparent is not one of W3C trace context' USING ERRCODE = '22023';
    END IF;
    fires := coalesce(due, clock_timestamp() + coalesce(delay, interval '0'));
    -- what programs in other languages cannot write, they cannot list
    IF fires < timestamptz '0001-01-01 00:00:00Z' OR fires >= timestamptz '10000-01-01 00:00:00Z' THEN
        RAISE EXCEPTION 'eventlog_create: the due time is not in the years 1 to 9999' USING ERRCODE = '22023';
    END IF;
    IF data::text ~* text '\\u(0000|d[89a-f])' THEN
        -- json keeps escapes as they are; jsonb refuses U+0000 and half pairs
        PERFORM data::jsonb;
    END IF;

    id := eventlog_id();
    is_new := true;
    IF idempotency_key IS NOT NULL THEN
        -- Times as numbers: their text depends on the session. What says how
        -- the call is traced is no content.
        -- Qualified, since a function of this schema with the very types of
        -- these arguments would come before that of Postgres.
        digest := sha256(pg_catalog.convert_to(pg_catalog.json_build_array(
            topic, ref, data::text, extract(epoch FROM coalesce(delay, interval '0')), extract(epoch FROM due)
        )::text, name 'UTF8'));
        LOOP
            INSERT INTO eventlog_key AS k (key, content, entry)
            VALUES (idempotency_key, digest, id)
            ON CONFLICT (key) DO UPDATE
            SET content = excluded.content,
                entry   = excluded.entry,
                created = clock_timestamp()
            WHERE k.created <= clock_timestamp() - interval '24 hours';
            EXIT WHEN FOUND;
            SELECT k.* INTO known FROM eventlog_key k WHERE k.key = idempotency_key;
            IF FOUND THEN
                IF known.content <> digest THEN
                    RAISE EXCEPTION 'eventlog_create: the idempotency key was used for another entry' USING ERRCODE = '23505';
                END IF;
                id := known.entry;
                is_new := false;
                RETURN;
            END IF;
            -- it was pruned between the two statements
        END LOOP;
    END IF;

    -- after the key: a repeated call returns what the first one wrote, whatever
    -- has become of the policy
    policy := eventlog_policy(topic);
    IF policy <> 'hold' AND octet_length(data::text) > 524288 THEN
        RAISE EXCEPTION 'eventlog_create: the data have % bytes, a published entry may have 524288', octet_length(data::text)
            USING ERRCODE = '22023';
    END IF;
    looks := eventlog_dispatch_at(policy, fires);
    INSERT INTO eventlog (id, topic, ref, due, data, traceparent, dispatch_at)
    VALUES (id, topic, ref, fires, data, traceparent, looks);
    IF looks <= clock_timestamp() + interval '1 minute'
        AND current_setting(text 'postlude.notify', true) IS DISTINCT FROM text 'off'
    THEN
        PERFORM pg_notify(text 'postlude_eventlog', text '');
    END IF;
END
$$;
-- +goose StatementEnd

-- eventlog_create_once without the answer whether the entry is new.
-- +goose StatementBegin
CREATE FUNCTION eventlog_create(
    topic           text,
    ref             text,
    data            json        DEFAULT NULL,
    delay           interval    DEFAULT NULL,
    due             timestamptz DEFAULT NULL,
    idempotency_key text        DEFAULT NULL,
    traceparent     text        DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
    entry uuid;
BEGIN
    SELECT c.id INTO entry
    FROM eventlog_create_once(topic, ref, data, delay, due, idempotency_key, traceparent) c;
    RETURN entry;
END
$$;
-- +goose StatementEnd

-- The first entries of a topic, by age, or by due time if only those are wanted
-- that are due: those that somebody holds (lock = 'locked'), that nobody holds
-- ('free') or both ('any'). Async entries, which nobody locks, have no index of
-- their own: their ids are in the order of creation.
--
-- Plans are kept, here and below, and the table grows and shrinks by orders of
-- magnitude: only a walk along an index is good at any size.
-- +goose StatementBegin
CREATE FUNCTION eventlog_first(topic text, lock text, only_due boolean, max bigint)
RETURNS TABLE (id uuid, place timestamptz)
LANGUAGE plpgsql STABLE
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
BEGIN
    IF eventlog_first.topic = 'async.event' THEN
        RETURN QUERY
        SELECT
            e.id,
            e.created
        FROM eventlog e
        WHERE e.topic = 'async.event'
          AND eventlog_first.lock <> 'locked'
          AND (NOT only_due OR e.due <= statement_timestamp())
        ORDER BY e.id
        LIMIT eventlog_first.max;
    ELSIF eventlog_first.lock = 'locked' THEN
        -- few are locked at a time: they are sorted
        RETURN QUERY
        SELECT
            e.id,
            CASE WHEN only_due THEN e.due ELSE e.created END
        FROM eventlog e
        WHERE e.topic = eventlog_first.topic
          AND e.lock_owner IS NOT NULL
          AND e.lock_expires > statement_timestamp()
          AND (NOT only_due OR e.due <= statement_timestamp())
        ORDER BY CASE WHEN only_due THEN e.due ELSE e.created END, e.id
        LIMIT eventlog_first.max;
    ELSIF only_due THEN
        RETURN QUERY
        SELECT
            e.id,
            e.due
        FROM eventlog e
        WHERE e.topic = eventlog_first.topic
          AND e.topic <> 'async.event'
          AND e.due <= statement_timestamp()
          AND (eventlog_first.lock = 'any' OR e.lock_expires IS NULL OR e.lock_expires <= statement_timestamp())
        ORDER BY e.due, e.id
        LIMIT eventlog_first.max;
    ELSE
        RETURN QUERY
        SELECT
            e.id,
            e.created
        FROM eventlog e
        WHERE e.topic = eventlog_first.topic
          AND e.topic <> 'async.event'
          AND (eventlog_first.lock = 'any' OR e.lock_expires IS NULL OR e.lock_expires <= statement_timestamp())
        ORDER BY e.created, e.id
        LIMIT eventlog_first.max;
    END IF;
END
$$;
-- +goose StatementEnd

-- The entries of a topic that are due and that nobody holds, the oldest due
-- first. It locks nothing: another may take them before the caller does.
-- +goose StatementBegin
CREATE FUNCTION eventlog_due(topic text, max integer DEFAULT 100)
RETURNS TABLE (id uuid, ref text, created timestamptz, due timestamptz, data json, traceparent text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        e.id,
        e.ref,
        e.created,
        e.due,
        e.data,
        e.traceparent
    FROM eventlog e
    WHERE e.topic = eventlog_due.topic
      AND e.topic <> 'async.event'
      AND e.due <= statement_timestamp()
      AND (e.lock_expires IS NULL OR e.lock_expires <= statement_timestamp())
    ORDER BY e.due, e.id
    LIMIT eventlog_due.max;
END
$$;
-- +goose StatementEnd

-- Locks up to max entries of a topic that are due and that nobody holds, for the
-- owner and the time of the lease, and returns them, the oldest due first. A lock
-- that has expired is no lock. Commit at once: others pass over what is locked
-- in an open transaction, but only the commit makes the lock last.
-- +goose StatementBegin
CREATE FUNCTION eventlog_lock(topic text, owner text, lease interval, max integer DEFAULT 1)
RETURNS TABLE (
    id uuid, ref text, created timestamptz, due timestamptz, data json, traceparent text, lock_expires timestamptz
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    PERFORM eventlog_check_lock(text 'eventlog_lock', owner, lease);
    IF (max BETWEEN 1 AND 10000) IS NOT TRUE THEN
        RAISE EXCEPTION 'eventlog_lock: max must be from 1 to 10000' USING ERRCODE = '22023';
    END IF;
    IF eventlog_lock.topic = 'async.event' THEN
        RAISE EXCEPTION 'eventlog_lock: async entries are for workers' USING ERRCODE = '42501';
    END IF;
    RETURN QUERY
    WITH picked AS MATERIALIZED (
        SELECT e.id
        FROM eventlog e
        WHERE e.topic = eventlog_lock.topic
          AND e.topic <> 'async.event'
          AND e.due <= moment
          AND (e.lock_expires IS NULL OR e.lock_expires <= moment)
        ORDER BY e.due, e.id
        LIMIT eventlog_lock.max
        FOR UPDATE SKIP LOCKED
    ),
    taken AS (
        UPDATE eventlog e
        SET lock_owner   = eventlog_lock.owner,
            lock_expires = moment + eventlog_lock.lease,
            locked_at    = moment
        FROM picked p
        WHERE e.id = p.id
        RETURNING e.id, e.ref, e.created, e.due, e.data, e.traceparent, e.lock_expires
    )
    SELECT t.*
    FROM taken t
    ORDER BY t.due, t.id;
END
$$;
-- +goose StatementEnd

-- In the functions below, the owner is compared in a way that no index knows: by
-- the statistics of a moment without locks the planner would look for the entry
-- among all that are locked.

-- Extends a lock of the owner, from now on, and returns when it expires. It must
-- not have expired. The refusals of this and the next two functions are errors:
-- P0002 no such entry, 55000 it is not locked, 55006 another holds it, 42501 it
-- is async.
-- +goose StatementBegin
CREATE FUNCTION eventlog_extend(id uuid, owner text, lease interval) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    expires timestamptz;
BEGIN
    PERFORM eventlog_check_lock('eventlog_extend', owner, lease);
    UPDATE eventlog e
    SET lock_expires = clock_timestamp() + eventlog_extend.lease,
        locked_at    = clock_timestamp()
    WHERE e.id = eventlog_extend.id
      AND e.topic <> 'async.event'
      AND coalesce(e.lock_owner, '') = eventlog_extend.owner
      AND e.lock_expires > clock_timestamp()
    RETURNING e.lock_expires INTO expires;
    IF NOT FOUND THEN
        PERFORM eventlog_refuse('eventlog_extend', id, owner);
    END IF;
    RETURN expires;
END
$$;
-- +goose StatementEnd

-- Gives a locked entry back: anybody may lock it again.
-- +goose StatementBegin
CREATE FUNCTION eventlog_unlock(id uuid, owner text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    UPDATE eventlog e
    SET lock_owner   = NULL,
        lock_expires = NULL,
        locked_at    = NULL
    WHERE e.id = eventlog_unlock.id
      AND e.topic <> 'async.event'
      AND coalesce(e.lock_owner, '') = eventlog_unlock.owner
      AND e.lock_expires > clock_timestamp();
    IF NOT FOUND THEN
        PERFORM eventlog_refuse('eventlog_unlock', id, owner);
    END IF;
END
$$;
-- +goose StatementEnd

-- Removes an entry that the owner locked. A lock that expired will do if nobody
-- has taken the entry since. In the transaction of the effect the error keeps
-- the effect from happening twice.
-- +goose StatementBegin
CREATE FUNCTION eventlog_remove(id uuid, owner text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM eventlog e
    WHERE e.id = eventlog_remove.id
      AND e.topic <> 'async.event'
      AND coalesce(e.lock_owner, '') = eventlog_remove.owner;
    IF NOT FOUND THEN
        PERFORM eventlog_refuse('eventlog_remove', id, owner);
    END IF;
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION eventlog_check_lock(caller text, owner text, lease interval) RETURNS void
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF coalesce(owner, '') = '' THEN
        RAISE EXCEPTION '%: the owner is missing', caller USING ERRCODE = '22023';
    ELSIF octet_length(owner) > 1000 THEN
        RAISE EXCEPTION '%: the owner has % bytes, 1000 are allowed', caller, octet_length(owner) USING ERRCODE = '22023';
    ELSIF (lease > interval '0' AND lease <= interval '1 year') IS NOT TRUE THEN
        RAISE EXCEPTION '%: the lease must be positive, and a year at most', caller USING ERRCODE = '22023';
    END IF;
END
$$;
-- +goose StatementEnd

-- Says why a function found no lock of the owner.
-- +goose StatementBegin
CREATE FUNCTION eventlog_refuse(caller text, id uuid, owner text) RETURNS void
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_column
DECLARE
    e eventlog;
BEGIN
    SELECT f.* INTO e FROM eventlog f WHERE f.id = eventlog_refuse.id;
    IF NOT FOUND THEN
        RAISE EXCEPTION '%: there is no entry %', caller, id USING ERRCODE = 'P0002';
    ELSIF e.topic = 'async.event' THEN
        RAISE EXCEPTION '%: async entries are for workers', caller USING ERRCODE = '42501';
    ELSIF e.lock_owner IS NULL OR e.lock_expires <= clock_timestamp() THEN
        RAISE EXCEPTION '%: the entry % is not locked', caller, id USING ERRCODE = '55000';
    END IF;
    RAISE EXCEPTION '%: the entry % is locked by another', caller, id USING ERRCODE = '55006';
END
$$;
-- +goose StatementEnd

-- Makes the roles of producers and consumers, where this user may and they are
-- missing, and grants them what they need in this database. Roles belong to the
-- whole cluster: another database may have made them, or make them at this
-- moment. It may be called at any time, by the owner of the tables.
-- +goose StatementBegin
CREATE FUNCTION eventlog_roles() RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    role text;
    rest text;
BEGIN
    FOREACH role IN ARRAY ARRAY['postlude_producer', 'postlude_consumer'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- another was faster
            WHEN insufficient_privilege THEN
                RAISE NOTICE 'the role % is missing, and % may not create it: see docs/sql.md', role, current_user;
                RETURN;
        END;
    END LOOP;

    -- Whoever may create functions in a schema can have the functions here call
    -- them, with the rights of their owner.
    IF has_schema_privilege('public', current_schema(), 'CREATE') THEN
        RAISE WARNING 'everybody may create objects in the schema %: the roles of producers and consumers get no rights', current_schema()
            USING HINT = format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, and then SELECT eventlog_roles().', current_schema());
        RETURN;
    END IF;

    FOREACH role IN ARRAY ARRAY['postlude_producer', 'postlude_consumer'] LOOP
        IF NOT has_schema_privilege(role, current_schema(), 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role);
        END IF;
        FOREACH rest IN ARRAY ARRAY[
            'eventlog', 'eventlog_discarded', 'eventlog_key', 'eventlog_topic',
            'workitem', 'model', 'installation', 'broker_stream'
        ] LOOP
            EXECUTE format('REVOKE ALL ON TABLE %I FROM %I', rest, role);
        END LOOP;
    END LOOP;
    GRANT EXECUTE ON FUNCTION
        eventlog_create(text, text, json, interval, timestamptz, text, text),
        eventlog_create_once(text, text, json, interval, timestamptz, text, text)
    TO postlude_producer;
    GRANT EXECUTE ON FUNCTION
        eventlog_due(text, integer),
        eventlog_lock(text, text, interval, integer),
        eventlog_extend(uuid, text, interval),
        eventlog_unlock(uuid, text),
        eventlog_remove(uuid, text)
    TO postlude_consumer;
END
$$;
-- +goose StatementEnd

-- Postgres lets everybody call a new function.
REVOKE ALL ON FUNCTION
    eventlog_create(text, text, json, interval, timestamptz, text, text),
    eventlog_create_once(text, text, json, interval, timestamptz, text, text),
    eventlog_due(text, integer),
    eventlog_lock(text, text, interval, integer),
    eventlog_extend(uuid, text, interval),
    eventlog_unlock(uuid, text),
    eventlog_remove(uuid, text),
    eventlog_check_lock(text, text, interval),
    eventlog_refuse(text, uuid, text),
    eventlog_roles()
FROM PUBLIC;

SELECT eventlog_roles();
