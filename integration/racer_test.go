package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// racer takes entries of the topic race over HTTP, one of many who do. It writes
// down in the database what it holds, so that the database sees if two hold the
// same, also when one of them is a process that is killed.
type racer struct {
	name  string
	api   string
	http  *http.Client
	notes interface {
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	}
	work  time.Duration // what an entry takes
	tardy bool          // now and then it takes longer than its lease
}

// raceLease is that of all locks.
const raceLease = 2 * time.Second

// notesSQL are the notes of the racers. The times of an entry's holders are a
// stretch of one line of numbers, an entry's own, so that no extension is needed
// to exclude that two overlap.
const notesSQL = `
CREATE TABLE held (
    entry   uuid NOT NULL,
    holder  text NOT NULL,
    since   timestamptz NOT NULL,
    during  numrange NOT NULL,
    removes boolean NOT NULL DEFAULT false,
    settled boolean NOT NULL DEFAULT false,
    EXCLUDE USING gist (during WITH &&)
);
CREATE TABLE removed (
    entry  uuid PRIMARY KEY,
    holder text NOT NULL
)`

// The times are those that the API says, by the clock of the database.
const holdSQL = `
INSERT INTO held (entry, holder, since, during)
VALUES ($1, $2, $4, numrange($3 * 1e12 + extract(epoch FROM $4::timestamptz), $3 * 1e12 + extract(epoch FROM $5::timestamptz)))`

// Who gives an entry back has no claim to it any more: somebody else may take it
// before the answer is there.
const giveBackSQL = `
UPDATE held
SET during  = 'empty',
    settled = true
WHERE entry = $1 AND holder = $2 AND NOT settled`

const removesSQL = `
UPDATE held
SET removes = true
WHERE entry = $1 AND holder = $2 AND NOT settled`

// A second removal of an entry is an error.
const removedSQL = `
WITH proof AS (INSERT INTO removed (entry, holder) VALUES ($1, $2))
UPDATE held
SET settled = true
WHERE entry = $1 AND holder = $2 AND NOT settled`

const lateSQL = `
UPDATE held
SET settled = true,
    removes = false
WHERE entry = $1 AND holder = $2 AND NOT settled`

// errNoneLeft ends a race.
var errNoneLeft = errors.New("no entries are left")

// run races until there are no entries.
func (r *racer) run(ctx context.Context) error {
	for {
		take := r.takeFromTheList
		if rand.IntN(2) == 0 {
			take = r.takeFromTheQueue
		}
		err := take(ctx)
		if errors.Is(err, errNoneLeft) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
}

// raceEntry is an entry that is held, or could be.
type raceEntry struct {
	ID, Ref     string
	LockExpires time.Time
}

// takeFromTheQueue locks what is due, and waits for what others hold.
func (r *racer) takeFromTheQueue(ctx context.Context) error {
	path := fmt.Sprintf("lock?topic=race&maxCount=%d&owner=%s&lease=%s&wait=300ms", 1+rand.IntN(4), r.name, raceLease)
	var taken struct{ Entries []raceEntry }
	if status, err := r.ask(ctx, http.MethodPost, path, &taken); err != nil || status != http.StatusOK {
		return errors.Join(err, unexpected(path, status, http.StatusOK))
	}
	if len(taken.Entries) == 0 {
		return r.areThereMore(ctx)
	}
	for _, e := range taken.Entries {
		if err := r.hold(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range taken.Entries {
		if err := r.handle(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// takeFromTheList locks one by one what looks free.
func (r *racer) takeFromTheList(ctx context.Context) error {
	var list struct{ Entries []raceEntry }
	path := fmt.Sprintf("race?due=true&pageSize=5&pageIndex=%d", rand.IntN(8))
	if status, err := r.ask(ctx, http.MethodGet, path, &list); err != nil || status != http.StatusOK {
		return errors.Join(err, unexpected(path, status, http.StatusOK))
	}
	for _, e := range list.Entries {
		path := "lock/" + e.ID + "?owner=" + r.name + "&lease=" + raceLease.String()
		status, err := r.ask(ctx, http.MethodPost, path, &e)
		switch {
		case err != nil:
			return err
		case status == http.StatusConflict, status == http.StatusNotFound:
			continue // another was faster
		case status != http.StatusOK:
			return unexpected(path, status, http.StatusOK)
		}
		if err = r.hold(ctx, e); err == nil {
			err = r.handle(ctx, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *racer) areThereMore(ctx context.Context) error {
	var list struct{ Entries []raceEntry }
	status, err := r.ask(ctx, http.MethodGet, "race~race.lock?pageSize=1", &list)
	switch {
	case err != nil || status != http.StatusOK:
		return errors.Join(err, unexpected("list", status, http.StatusOK))
	case len(list.Entries) == 0:
		return errNoneLeft
	}
	return nil
}

func (r *racer) hold(ctx context.Context, e raceEntry) error {
	_, err := r.notes.Exec(ctx, holdSQL, e.ID, r.name, e.Ref, e.LockExpires.Add(-raceLease), e.LockExpires)
	if err != nil {
		return fmt.Errorf("two hold %s: %w", e.ID, err)
	}
	return nil
}

// handle works on an entry and removes it, or gives it back.
func (r *racer) handle(ctx context.Context, e raceEntry) error {
	work := r.work
	if r.tardy && rand.IntN(10) == 0 {
		work = raceLease + time.Duration(rand.IntN(300))*time.Millisecond
	}
	<-time.After(work)
	if rand.IntN(20) == 0 {
		return r.giveBack(ctx, e)
	}
	if _, err := r.notes.Exec(ctx, removesSQL, e.ID, r.name); err != nil {
		return err
	}
	path := e.ID + "?owner=" + r.name
	status, err := r.ask(ctx, http.MethodDelete, path, nil)
	switch {
	case err != nil:
		return err
	case status == http.StatusNoContent:
		_, err = r.notes.Exec(ctx, removedSQL, e.ID, r.name)
	case time.Now().Before(e.LockExpires):
		return unexpected(path, status, http.StatusNoContent)
	case status == http.StatusConflict, status == http.StatusNotFound: // too late: another has it, or has done it
		_, err = r.notes.Exec(ctx, lateSQL, e.ID, r.name)
	default:
		err = unexpected(path, status, http.StatusNoContent)
	}
	return err
}

func (r *racer) giveBack(ctx context.Context, e raceEntry) error {
	if _, err := r.notes.Exec(ctx, giveBackSQL, e.ID, r.name); err != nil {
		return err
	}
	status, err := r.ask(ctx, http.MethodPost, "unlock/"+e.ID+"?owner="+r.name, nil)
	if err == nil && status != http.StatusOK && time.Now().Before(e.LockExpires) {
		err = unexpected("unlock", status, http.StatusOK)
	}
	return err
}

func (r *racer) ask(ctx context.Context, method, path string, into any) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, r.api+"/api/eventlog/"+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := r.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && into != nil && response.StatusCode == http.StatusOK {
		err = json.NewDecoder(bytes.NewReader(body)).Decode(into)
	}
	return response.StatusCode, err
}

func unexpected(what string, got, want int) error {
	if got == want {
		return nil
	}
	return fmt.Errorf("%s: status %d, want %d", what, got, want)
}

// What a process that is a racer is told.
const (
	asRacer       = "POSTLUDE_TEST_RACER" // its name
	racerAPI      = "POSTLUDE_TEST_RACER_API"
	racerDatabase = "POSTLUDE_TEST_RACER_DATABASE"
)

// raceAs is the life of a process that is a racer. It takes its time for each
// entry, so that whoever kills it finds it at work.
func raceAs(name string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	notes, err := pgx.Connect(ctx, os.Getenv(racerDatabase))
	if err == nil {
		r := &racer{name: name, api: os.Getenv(racerAPI), http: http.DefaultClient, notes: notes, work: 30 * time.Millisecond}
		err = r.run(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
