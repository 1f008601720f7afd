package outbox

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// lines is what of each ref was published first, in order.
func (b *bench) lines() map[string][]string {
	lines, seen := map[string][]string{}, map[string]bool{}
	for _, d := range b.broker.taken() {
		if id := d.ID.String(); !seen[id] {
			seen[id] = true
			lines[d.Ref] = append(lines[d.Ref], string(d.Data))
		}
	}
	return lines
}

func (b *bench) line(topic, ref string, n int) {
	b.t.Helper()
	for i := range n {
		b.create(NewEntry{Topic: topic, Ref: ref, Data: fmt.Append(nil, i)})
	}
}

func (b *bench) rounds() {
	b.t.Helper()
	for b.once().Pause == 0 {
		continue
	}
}

// Of one ref, the next is published when the one before was acknowledged.
func TestOrderedEntriesWaitForEachOther(t *testing.T) {
	t.Parallel()
	for _, policy := range []Policy{PolicyCopy, PolicyHandover} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, RelayConfig{})
			b.set(Topic{Pattern: "o.*", Policy: policy, Ordered: true})
			b.line("o.a", "1", 3)
			b.line("o.b", "2", 1)
			b.line("unordered", "4", 2)
			round := b.once()
			require.Equal(t, 4, round.Published)
			require.Equal(t, 2, round.Behind)
			require.Zero(t, round.Pause, "the next of the line is ready")
			require.Equal(t, 1, b.count("topic = 'o.a' AND published_at IS NULL AND "+parked))

			b.broker.answer = func(d Dispatch) error {
				if d.Ref == "1" {
					return ErrRefused
				}
				return nil
			}
			require.Equal(t, 1, b.once().Refused)
			b.line("o.b", "3", 1)
			require.Equal(t, 1, b.once().Published, "another ref goes on")
			require.Equal(t, 1, b.count("topic = 'o.a' AND published_at IS NULL AND "+parked), "behind what was refused")

			b.broker.answer = nil
			b.exec("UPDATE eventlog SET dispatch_at = now() WHERE attempts > 0")
			b.rounds()
			require.Equal(t, map[string][]string{"1": {"0", "1", "2"}, "2": {"0"}, "3": {"0"}, "4": {"0", "1"}}, b.lines())
			require.Zero(t, b.count("published_at IS NULL"))
		})
	}
}

// The line is that of a ref in all topics of the pattern.
func TestALineGoesThroughAllTopicsOfAPattern(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "order.*", Policy: PolicyCopy, Ordered: true})
	for i, topic := range []string{"order.created", "order.paid", "order.sent"} {
		b.create(NewEntry{Topic: topic, Ref: "r", Data: fmt.Append(nil, i)})
	}
	// By due time: what is due in an hour holds up nobody.
	b.create(NewEntry{Topic: "order.reminded", Ref: "r", Delay: time.Hour})
	b.create(NewEntry{Topic: "order.closed", Ref: "r", Data: []byte("3")})
	require.Equal(t, 1, b.once().Published)
	b.rounds()
	require.Equal(t, []string{"0", "1", "2", "3"}, b.lines()["r"])
	require.Equal(t, 1, b.count("published_at IS NULL"))
}

// A head that a client removes makes room for the next.
func TestTheNextIsReadyWhenTheHeadIsRemoved(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "o", Policy: PolicyCopy, Ordered: true})
	b.broker.answer = func(Dispatch) error { return ErrRefused }
	b.line("o", "r", 2)
	head := b.once()
	require.Equal(t, 1, head.Refused)
	require.Equal(t, 1, head.Behind)
	require.Zero(t, b.tidy().Ready, "there is a head")
	b.broker.answer = nil
	b.exec("DELETE FROM eventlog WHERE attempts > 0")
	require.Equal(t, 1, b.tidy().Ready)
	require.Equal(t, 1, b.once().Published)
}

// The head is published by another relay at the very moment when this one parks
// what is behind it: who parks looks again.
func TestTheNextIsReadyIfTheHeadGoesWhileItIsParked(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "o", Policy: PolicyCopy, Ordered: true})
	b.line("o", "r", 2)
	b.exec(`
		CREATE FUNCTION publish_head() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			UPDATE eventlog SET published_at = now(), dispatch_at = NULL, dispatched_at = NULL WHERE data::text = '0';
			RETURN NULL;
		END $$;
		CREATE TRIGGER publish_head AFTER UPDATE ON eventlog FOR EACH ROW
			WHEN (NEW.data::text = '1' AND NEW.dispatch_at IS NULL AND NEW.published_at IS NULL) EXECUTE FUNCTION publish_head()`)
	b.broker.answer = func(Dispatch) error { return errAway } // this relay publishes nothing itself
	b.relay.roomAt = time.Time{}
	_, err := b.relay.runOnce(t.Context())
	require.ErrorIs(t, err, errAway)
	require.Equal(t, 1, b.count("data::text = '0' AND published_at IS NOT NULL"))
	require.Equal(t, 1, b.count("data::text = '1' AND "+hasItTime))
}

// An order that is set, or taken back, holds for what waits.
func TestTheOrderOfATopicMayChange(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	b.set(Topic{Pattern: "o", Policy: PolicyHold})
	b.line("o", "r", 5)
	b.set(Topic{Pattern: "o", Policy: PolicyCopy, Ordered: true})
	require.Equal(t, 1, b.tidy().Ready, "the head")
	require.Equal(t, 1, b.once().Published)
	require.Equal(t, 1, b.once().Published)
	b.set(Topic{Pattern: "o", Policy: PolicyCopy})
	b.tidy()
	require.Equal(t, 3, b.once().Published)
	require.Equal(t, []string{"0", "1", "2", "3", "4"}, b.lines()["r"])
}

// Several relays, a broker that now and then takes nothing, and writers that go
// on: the order of each ref holds, and nothing is left behind.
func TestLinesKeepTheirOrderUnderLoad(t *testing.T) {
	t.Parallel()
	const refs, each = 20, 25
	b := newBench(t, RelayConfig{Interval: 20 * time.Millisecond, BatchSize: 40, Lease: 2 * time.Second})
	b.set(Topic{Pattern: "o", Policy: PolicyHandover, Ordered: true, Grace: time.Hour})
	b.broker.answer = func(Dispatch) error {
		if rand.IntN(20) == 0 {
			return errAway
		}
		return nil
	}
	for range 3 {
		b.run(b.another())
	}
	var writers sync.WaitGroup
	for i := range refs {
		writers.Go(func() {
			for k := range each {
				_, err := Create(t.Context(), b.pool, NewEntry{Topic: "o", Ref: fmt.Sprint("r", i), Data: fmt.Append(nil, k)})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	require.Eventually(t, func() bool { return b.count("published_at IS NULL") == 0 }, 60*time.Second, 20*time.Millisecond)
	var want []string
	for k := range each {
		want = append(want, fmt.Sprint(k))
	}
	got := b.lines()
	require.Len(t, got, refs)
	for ref, line := range got {
		require.Equal(t, want, line, ref)
	}
}

// Entries of the same ref that wait in other topics, on hold perhaps, cost a line
// nothing, nor do those behind its head.
func TestALineDoesNotPayForWhatElseWaits(t *testing.T) {
	t.Parallel()
	pool := lookups(t)
	exec := func(sql string, args ...any) {
		_, err := pool.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	for _, topic := range []Topic{
		{Pattern: "order.*", Policy: PolicyCopy, Ordered: true}, {Pattern: "order.held", Policy: PolicyHold}, {Pattern: "a", Policy: PolicyHold},
	} {
		require.NoError(t, SetTopic(t.Context(), pool, topic))
	}
	write := func(n int) {
		for _, topic := range []string{"a", "order.held", "order.paid", "z"} {
			exec(`INSERT INTO eventlog (topic, ref, due, dispatch_at)
				SELECT $1::text, 'r', now() - interval '1 hour' + i * interval '1 millisecond', NULL FROM generate_series(1, $2::int) i`, topic, n)
		}
	}
	exec(`INSERT INTO eventlog (topic, ref, due, generation) SELECT 'order.sent', 'r', now(), 1 FROM generate_series(1, 100)`)
	claimed := make([]Dispatch, 0, 100)
	rows, err := pool.Query(t.Context(), "SELECT id FROM eventlog WHERE topic = 'order.sent'")
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	require.NoError(t, err)
	texts, generations, patterns, refs := make([]string, len(ids)), make([]int, len(ids)), make([]string, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		texts[i], generations[i], patterns[i], refs[i] = id.String(), 1, "order.*", "r"
		claimed = append(claimed, Dispatch{Claimed: &Claimed{Entry: Entry{ID: id, Ref: "r", Generation: 1}}, line: "order.*"})
	}
	costs := func() (behind, heads int) {
		return pages(t, pool, parkBehindSQL, texts, generations, patterns, refs), pages(t, pool, readyHeadsSQL, []string{"order.*"}, []string{"r"})
	}
	write(10)
	fewBehind, fewHeads := costs()
	write(20_000)
	behind, heads := costs()
	require.Less(t, behind, 2*fewBehind+100, "pages read to park 100 entries: %d among 80,000 of the ref, %d among 40", behind, fewBehind)
	require.Less(t, heads, 2*fewHeads+50, "pages read to find a head: %d among 80,000 of the ref, %d among 40", heads, fewHeads)

	parked, err := NewStore(pool).parkBehind(t.Context(), claimed)
	require.NoError(t, err)
	require.Len(t, parked, 100)
	ready, err := NewStore(pool).readyHeads(t.Context(), []line{{"order.*", "r"}})
	require.NoError(t, err)
	require.Equal(t, 1, ready)
}

// The statements find the heads that the policies, as Go reads them, say.
func TestHeadsAreThoseOfThePolicies(t *testing.T) {
	t.Parallel()
	b := newBench(t, RelayConfig{})
	names := []string{"", "a", "a.", "a.b", "a.b.c", "A.b", "a-b", "aé", "ä", "a*", "b", "zz", "z", "\U0001F600", "a.é"}
	var list []Topic
	for _, name := range names {
		for _, star := range []string{"", "*"} {
			if pattern := name + star; pattern != "" && pattern != "a**" && rand.IntN(2) == 0 && !slices.ContainsFunc(list, func(t Topic) bool { return t.Pattern == pattern }) {
				list = append(list, Topic{Pattern: pattern, Policy: PolicyCopy, Ordered: rand.IntN(4) > 0})
				b.set(list[len(list)-1])
			}
		}
	}
	topics := newTopics(list)
	heads := map[line]Entry{}
	var all []Dispatch
	for i := range 400 {
		e := Entry{Topic: names[1+rand.IntN(len(names)-1)] + []string{"", "x", ".y"}[rand.IntN(3)], Ref: fmt.Sprint("r", rand.IntN(4)), Generation: 1}
		e.Due = time.Now().Truncate(time.Second).Add(time.Duration(rand.IntN(300)-400) * time.Second)
		published := i%5 == 0
		require.NoError(t, b.pool.QueryRow(t.Context(), `
			INSERT INTO eventlog (topic, ref, due, generation, dispatch_at, published_at) VALUES ($1, $2, $3, 1, NULL, CASE WHEN $4 THEN now() END)
			RETURNING id`, e.Topic, e.Ref, e.Due, published).Scan(&e.ID))
		topic := topics.Of(e.Topic)
		if published || !topic.Ordered {
			continue
		}
		l := line{topic.Pattern, e.Ref}
		all = append(all, Dispatch{Claimed: &Claimed{Entry: e}, line: l.pattern})
		if head, ok := heads[l]; !ok || cmp.Or(e.Due.Compare(head.Due), bytes.Compare(e.ID[:], head.ID[:])) < 0 {
			heads[l] = e
		}
	}
	behind, err := b.store.parkBehind(t.Context(), all)
	require.NoError(t, err)
	first := map[uuid.UUID]bool{}
	for _, head := range heads {
		first[head.ID] = true
	}
	for _, d := range all {
		require.Equal(t, !first[d.ID], behind[d.ID], "%s of %s in the line %q of %v", d.Topic, d.Ref, d.line, list)
	}
	ready, err := b.store.readyHeads(t.Context(), slices.Collect(maps.Keys(heads)))
	require.NoError(t, err)
	require.Equal(t, len(heads), ready)
	for id := range first {
		require.Equal(t, 1, b.count("dispatch_at = due AND id = $1", id))
	}
}
