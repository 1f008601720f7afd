package demo

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testModel: task 1 arms event 20 at once, which leads to task 2; that arms event
// 30 after a second, which leads back to it; event 50 leads to task 9, which arms
// nothing.
func testModel() semantics {
	return semantics{arms: map[taskKey][]arm{
		{"m", 1}: {{event: 20}},
		{"m", 2}: {{event: 30, delay: time.Second}},
	}}
}

func at(offset time.Duration) time.Time {
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(offset)
}

// happened is a line of the history, ms milliseconds after the start.
func happened(ms, task, event, target int) line {
	return line{at: at(time.Duration(ms) * time.Millisecond), model: "m", task: task, event: event, target: target}
}

// seen is an entry that was due and removed so many milliseconds after the start,
// and whose removal committed two milliseconds later.
func seen(event, due, removed int) entry {
	gone := at(time.Duration(removed) * time.Millisecond)
	return entry{event: event, due: at(time.Duration(due) * time.Millisecond), removed: gone, committed: gone.Add(2 * time.Millisecond)}
}

func left(event, due int) entry {
	return entry{event: event, due: at(time.Duration(due) * time.Millisecond)}
}

func TestJudge(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		account account
		want    tally
	}{
		"each event takes effect, or is stale with a record": {
			account{
				acknowledged: []int{10, 50},
				history:      []line{happened(0, 0, 10, 1), happened(3, 1, 20, 2), happened(1004, 2, 30, 2), happened(1500, 2, 50, 9)},
				entries:      []entry{seen(20, 1, 4), seen(30, 1003, 1006), seen(30, 2005, 1501)},
				stale:        1,
			},
			tally{committed: 3, processed: 2, stale: 1},
		},
		"what was armed last never took effect": {
			account{
				history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 2)},
				entries: []entry{seen(20, 1, 4), seen(30, 1003, 1006)},
			},
			tally{committed: 2, processed: 1, lost: 1},
		},
		"what the model arms was never written": {
			account{
				history: []line{happened(0, 0, 10, 1)},
			},
			tally{lost: 1},
		},
		"an entry that the history knows nothing of vanished": {
			account{
				history: []line{happened(0, 0, 10, 9)},
				entries: []entry{seen(20, 1, 4)},
			},
			tally{committed: 1, lost: 1},
		},
		"what became stale was not recorded": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(500, 2, 50, 9)},
				entries: []entry{seen(30, 1000, 501)},
			},
			tally{committed: 1, lost: 1},
		},
		"an acknowledged event is not in the history": {
			account{
				acknowledged: []int{10, 50, 50},
				history:      []line{happened(0, 0, 10, 9), happened(500, 9, 50, 9)},
			},
			tally{lost: 1},
		},
		"what is in the outbox is neither lost nor doubled": {
			account{
				history: []line{happened(0, 0, 10, 2)},
				entries: []entry{left(30, 1000)},
				pending: 1,
			},
			tally{committed: 1, pending: 1},
		},
		"an event took effect twice in a state that it leaves": {
			account{
				history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 9), happened(4, 1, 20, 9)},
				entries: []entry{seen(20, 1, 4)},
			},
			tally{committed: 1, processed: 2, doubled: 1},
		},
		"an event took effect twice in a state that arms it again": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(1001, 2, 30, 2), happened(1003, 2, 30, 2), happened(2010, 2, 30, 9)},
				entries: []entry{seen(30, 1000, 1001), seen(30, 2001, 1003), seen(30, 2003, 2011)},
				stale:   1, // the second run removed what the first had armed
			},
			tally{committed: 3, processed: 3, stale: 1, doubled: 1, early: 1},
		},
		"an event took effect and was recorded as stale": {
			account{
				history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 9)},
				entries: []entry{seen(20, 1, 4)},
				stale:   1,
			},
			tally{committed: 1, processed: 1, stale: 1, doubled: 1},
		},
		"an event took effect and its entry is still there": {
			account{
				history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 9)},
				entries: []entry{left(20, 1)},
				pending: 1,
			},
			tally{committed: 1, processed: 1, pending: 1, doubled: 1},
		},
		"an entry was removed before it was due": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(1000, 2, 30, 9)},
				entries: []entry{{event: 30, due: at(1000400 * time.Microsecond), removed: at(1000300 * time.Microsecond), committed: at(1002 * time.Millisecond)}},
			},
			tally{committed: 1, processed: 1, early: 1},
		},
		"the history is earlier than the entry was due": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(999, 2, 30, 9)},
				entries: []entry{seen(30, 1000, 1001)},
			},
			tally{committed: 1, processed: 1, early: 1},
		},
		"an entry was due sooner than its timer says": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(999, 2, 30, 9)},
				entries: []entry{seen(30, 999, 1001)},
			},
			tally{committed: 1, processed: 1, early: 1},
		},
		"the milliseconds of the history may be cut": {
			account{
				history: []line{happened(0, 0, 10, 2), happened(1000, 2, 30, 9)},
				entries: []entry{{event: 30, due: at(1000700 * time.Microsecond), removed: at(1000800 * time.Microsecond), committed: at(1002 * time.Millisecond)}},
			},
			tally{committed: 1, processed: 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got tally
			got.judge(&tt.account, testModel(), true)
			require.Equal(t, 1, got.workitems)
			require.Equal(t, got.lost+got.doubled+got.early > 0, len(got.findings) > 0, "findings: %q", got.findings)
			t.Logf("findings: %q", got.findings)
			got.workitems, got.findings, got.lateness = 0, nil, nil
			require.Equal(t, tt.want, got)
		})
	}
}

func TestJudgeMeasuresLateness(t *testing.T) {
	t.Parallel()
	var got tally
	got.judge(&account{
		history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 2), happened(1004, 2, 30, 9)},
		entries: []entry{seen(20, 1, 4), seen(30, 1003, 1006)},
	}, testModel(), true)
	require.Equal(t, []time.Duration{5 * time.Millisecond, 5 * time.Millisecond}, got.lateness)
}

// Two clocks cannot be compared: only what the database says by its own counts.
func TestJudgeIgnoresForeignClocks(t *testing.T) {
	t.Parallel()
	var got tally
	got.judge(&account{
		history: []line{happened(0, 0, 10, 2), happened(10, 2, 30, 9)},
		entries: []entry{seen(30, 1000, 1001)},
	}, testModel(), false)
	require.Zero(t, got.early, got.findings)
}

// Of all accounts with one event too many or too few, none passes.
func TestJudgeFindsEveryDifference(t *testing.T) {
	t.Parallel()
	healthy := func() account {
		return account{
			history: []line{happened(0, 0, 10, 1), happened(3, 1, 20, 2), happened(500, 2, 50, 2), happened(1504, 2, 30, 9)},
			entries: []entry{seen(20, 1, 4), seen(30, 1003, 501), seen(30, 1503, 1506)},
			stale:   1,
		}
	}
	var ok tally
	a := healthy()
	ok.judge(&a, testModel(), true)
	require.NoError(t, ok.verdict(1), ok.findings)

	for name, change := range map[string]func(*account){
		"one record less":  func(a *account) { a.stale-- },
		"one record more":  func(a *account) { a.stale++ },
		"one pending":      func(a *account) { a.pending++ },
		"one entry less":   func(a *account) { a.entries = a.entries[:2] },
		"one entry more":   func(a *account) { a.entries = append(a.entries, seen(30, 2000, 2001)) },
		"last effect gone": func(a *account) { a.history = a.history[:3] },
		"first line twice": func(a *account) { a.history = append(a.history[:1:1], a.history...) },
		"no history":       func(a *account) { a.history = nil },
	} {
		var got tally
		a := healthy()
		change(&a)
		got.judge(&a, testModel(), true)
		require.Error(t, got.verdict(1), fmt.Sprint(name, ": ", got.findings))
	}
}
