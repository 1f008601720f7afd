package simulation_test

import (
	"fmt"
	"time"

	"github.com/postlude/postlude/simulation"
)

// A request that nobody closes within 30 days is escalated; each week somebody is
// reminded. This one is closed after 17 days.
func Example() {
	s, err := simulation.New(simulation.Options{
		Models: []string{"../examples/escalation.bpmn"},
		Start:  time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := s.Process(map[string][]any{"$taskid": {1000}, "$eventid": {10}, "subject": {"New chairs"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := s.Advance(17 * 24 * time.Hour); err != nil {
		fmt.Println(err)
		return
	}
	if request, err = s.Process(map[string][]any{"$uniqueid": {request.ID}, "$eventid": {40}}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.ID, "is", request.Task.Name, "and", len(s.Pending()), "events are armed")
	fmt.Print(s.Timeline())
	// Output:
	// workitem-1 is Closed and 0 events are armed
	// TIME                  WORKITEM    WHAT         EVENT        TASK                     EFFECT
	// 2026-01-01T09:00:00Z  workitem-1  user event   10 submit    1000 New → 1100 Open     arms 20 remind for 2026-01-08T09:00:00Z
	//                                                                                      arms 90 escalate for 2026-01-31T09:00:00Z
	// 2026-01-08T09:00:00Z  workitem-1  async event  20 remind    1100 Open                arms 20 remind for 2026-01-15T09:00:00Z
	// 2026-01-15T09:00:00Z  workitem-1  async event  20 remind    1100 Open                arms 20 remind for 2026-01-22T09:00:00Z
	// 2026-01-18T09:00:00Z  workitem-1  user event   40 close     1100 Open → 1900 Closed
	// 2026-01-18T09:00:00Z  workitem-1  stale        20 remind    1900 Closed              was due 2026-01-22T09:00:00Z
	// 2026-01-18T09:00:00Z  workitem-1  stale        90 escalate  1900 Closed              was due 2026-01-31T09:00:00Z
}
