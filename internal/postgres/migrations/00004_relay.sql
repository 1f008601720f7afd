-- +goose Up

-- The lines of ordered topics: of each topic of a ref, what is not published yet,
-- the next first. A walk from topic to topic reads an entry of each, however many
-- there are. By bytes, so that the topics of a pattern lie side by side.
CREATE INDEX eventlog_heads ON eventlog (ref, topic COLLATE "C", due, id)
    WHERE topic <> 'async.event' AND published_at IS NULL;
DROP INDEX eventlog_line;

-- What was published is looked at by no relay. A failure that came late could
-- give it a time again.
UPDATE eventlog
SET dispatch_at   = NULL,
    dispatched_at = NULL
WHERE published_at IS NOT NULL
  AND dispatch_at IS NOT NULL;
-- NOT VALID: what is there was made to fit, without another look at all of it
-- under the lock.
ALTER TABLE eventlog
    ADD CONSTRAINT eventlog_published_once CHECK (published_at IS NULL OR dispatch_at IS NULL) NOT VALID;
