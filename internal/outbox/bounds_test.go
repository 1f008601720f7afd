package outbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/outbox"
)

// A year that no clock of today shows is a past like any other.
func TestEntriesOfLongAgoAreClaimed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, due := range []string{"0001-01-01 00:00Z", "1000-01-01 00:00Z", "1601-01-01 00:00Z", "1970-01-01 00:00Z"} {
		f.exec("SELECT eventlog_create('t', 'r', due => '" + due + "')")
	}
	claim, err := outbox.NewStore(f.pool).Claim(t.Context(), outbox.EachLane(10, 0), time.Minute)
	require.NoError(t, err)
	require.Len(t, claim.Entries, 4)
	for _, e := range claim.Entries {
		require.LessOrEqual(t, e.Wait, time.Duration(0), e.Due)
	}
}

func TestWhatCouldNotBeListedIsNotWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for call, state := range map[string]string{
		"eventlog_create('t', 'r', due => '4713-01-01 BC')":                                   "22023",
		"eventlog_create('t', 'r', due => '10000-01-01 00:00Z')":                              "22023",
		"eventlog_create('t', 'r', due => 'infinity')":                                        "22023",
		"eventlog_create('t', 'r', due => '-infinity')":                                       "22023",
		"eventlog_create('t', 'r', delay => '9000 years')":                                    "22023",
		"eventlog_lock('t', 'anna', interval '2 years')":                                      "22023",
		"eventlog_lock('t', 'anna', interval '1 minute', NULL)":                               "22023",
		"eventlog_lock('t', 'anna', interval '1 minute', 0)":                                  "22023",
		"eventlog_lock('t', 'anna', interval '1 minute', 10001)":                              "22023",
		"eventlog_lock('t', '" + strings.Repeat("a", 1001) + "', interval '1 minute')":        "22023",
		"eventlog_extend(gen_random_uuid(), '" + strings.Repeat("a", 1001) + "', '1 minute')": "22023",
	} {
		_, err := f.pool.Exec(t.Context(), "SELECT "+call)
		requireState(t, state, err, call)
	}
	_, err := outbox.Lock(t.Context(), f.pool, [16]byte{}, strings.Repeat("a", 1001), time.Minute)
	require.ErrorIs(t, err, outbox.ErrInvalid)
	_, err = outbox.Lock(t.Context(), f.pool, [16]byte{}, "anna", 400*24*time.Hour)
	require.ErrorIs(t, err, outbox.ErrInvalid)
	require.Zero(t, f.count("SELECT count(*) FROM eventlog"))
}

// A call that is repeated finds what it wrote, also if its topic could not have
// such data any more.
func TestAKeyOutlivesAPolicy(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	require.NoError(t, outbox.SetTopic(t.Context(), f.pool, outbox.Topic{Pattern: "t", Policy: outbox.PolicyHold}))
	e := outbox.NewEntry{Topic: "t", Ref: "r", Data: []byte(`"` + strings.Repeat("x", 600<<10) + `"`), IdempotencyKey: "key"}
	first, err := outbox.Create(t.Context(), f.pool, e)
	require.NoError(t, err)
	require.NoError(t, outbox.SetTopic(t.Context(), f.pool, outbox.Topic{Pattern: "t", Policy: outbox.PolicyCopy}))
	again, err := outbox.Create(t.Context(), f.pool, e)
	require.NoError(t, err)
	require.Equal(t, first, again)
	e.IdempotencyKey = ""
	_, err = outbox.Create(t.Context(), f.pool, e)
	require.ErrorIs(t, err, outbox.ErrInvalid)
}

// Where everybody may create functions, a function for two types could take the
// place of one for any: the roles get no rights there.
func TestRolesGetNothingInASchemaThatIsOpenToAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.exec(`DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA %I TO PUBLIC', current_schema()); END $$`)
	f.exec(`DO $$ BEGIN EXECUTE (SELECT 'REVOKE EXECUTE ON FUNCTION ' || string_agg(p.oid::regprocedure::text, ', ') || ' FROM postlude_producer, postlude_consumer'
		FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace); END $$`)
	f.exec("SELECT eventlog_roles()")
	_, err := f.as("postlude_producer").Exec(t.Context(), "SELECT eventlog_create('t', 'r')")
	requireState(t, "42501", err, "create")
	f.exec(`DO $$ BEGIN EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema()); END $$`)
	f.exec("SELECT eventlog_roles()")
	_, err = f.as("postlude_producer").Exec(t.Context(), "SELECT eventlog_create('t', 'r')")
	require.NoError(t, err)
}

// What calls with unknown types, or any number of arguments, is told where the
// function is.
func TestAFunctionOfTheSameNameIsNotCalled(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, function := range []string{
		"json_build_array(text, text, text, numeric, numeric) RETURNS json", "convert_to(text, text) RETURNS bytea",
		"strpos(text, name) RETURNS integer", "pg_notify(text, name) RETURNS void",
	} {
		f.exec("CREATE FUNCTION " + function + " LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hijacked'; END $$")
	}
	_, err := outbox.Create(t.Context(), f.as("postlude_producer"), outbox.NewEntry{Topic: "t", Ref: "r", Data: []byte("1"), IdempotencyKey: "key"})
	require.NoError(t, err)
}
