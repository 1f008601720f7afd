package simulation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/simulation"
)

// A user may name workitems in the form of the simulation's own names. None is
// written over.
func TestNamesThatAreTakenAreLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	process(t, s, items{"$uniqueid": {"workitem-1"}, "$taskid": {100}, "$eventid": {10}, "who": {"first"}})
	process(t, s, items{"$uniqueid": {"workitem-3"}, "$taskid": {100}, "$eventid": {10}, "who": {"second"}})
	submitted := process(t, s, items{"$taskid": {100}, "$eventid": {10}, "who": {"third"}})
	require.Equal(t, "workitem-5", submitted.ID)
	var got []string
	for _, w := range s.Workitems() {
		who, ok := w.Items["who"][0].(string)
		require.True(t, ok)
		got = append(got, w.ID+" "+who)
	}
	require.Equal(t, []string{
		"workitem-1 first", "workitem-2 first", "workitem-3 second", "workitem-4 second", "workitem-5 third", "workitem-6 third",
	}, got)
}

func TestANewWorkitemIsNotAStoredOne(t *testing.T) {
	t.Parallel()
	s := start(t, "monthly", simulation.Options{})
	process(t, s, items{"$uniqueid": {"workitem-1"}, "$taskid": {100}, "$eventid": {10}})
	require.Equal(t, "workitem-2", submit(t, s).ID)
	require.Len(t, s.Workitems(), 2)
}

func TestPluginsLeaveOutNamesThatAreTaken(t *testing.T) {
	t.Parallel()
	s := start(t, "plugins", simulation.Options{})
	process(t, s, items{"$uniqueid": {"workitem-1"}, "$taskid": {100}, "$eventid": {10}})
	require.Len(t, s.Workitems(), 2)
	require.Equal(t, 200, s.Workitem("workitem-1").Task.ID)
	require.Equal(t, 600, s.Workitem("workitem-2").Task.ID)
}

// The id that a failed processing was given is free again.
func TestAFailureTakesNoName(t *testing.T) {
	t.Parallel()
	s := start(t, "split", simulation.Options{})
	_, err := s.Process(items{"$uniqueid": {"workitem-1"}, "$taskid": {100}, "$eventid": {99}})
	require.Error(t, err)
	require.Equal(t, "workitem-1", submit(t, s).ID)
}
