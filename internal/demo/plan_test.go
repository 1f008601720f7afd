package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanMixesModels(t *testing.T) {
	t.Parallel()
	models, ids := map[string]int{}, map[string]bool{}
	for _, v := range plan(300) {
		models[v.model()]++
		ids[v.id] = true
		require.NotEmpty(t, v.steps)
		require.LessOrEqual(t, v.start.Seconds(), 5.0)
	}
	require.Equal(t, map[string]int{ticketModel: 120, orderModel: 120, reminderModel: 60}, models)
	require.Len(t, ids, 300)
}

// Tickets that are answered too late, or not at all, escalate: about half.
func TestPlanAnswersAboutHalf(t *testing.T) {
	t.Parallel()
	answered, tickets := 0, 0
	for _, v := range plan(300) {
		if v.model() != ticketModel {
			continue
		}
		tickets++
		if last := v.steps[len(v.steps)-1]; last.event == ticketAnswer {
			answered++
		}
	}
	require.Equal(t, tickets/2, answered)
}

func TestExampleSemantics(t *testing.T) {
	t.Parallel()
	s, err := exampleSemantics()
	require.NoError(t, err)
	require.Len(t, s.arms[taskKey{ticketModel, 1100}], 1)
	require.InDelta(t, 2, s.arms[taskKey{ticketModel, 1100}][0].delay.Seconds(), 0)
	require.True(t, s.fires(ticketModel, 1100, 90))
	require.False(t, s.fires(ticketModel, 1100, ticketAnswer), "a user's event")
	require.True(t, s.fires(orderModel, 4000, 40))
	require.False(t, s.fires(orderModel, 5000, 40))
	require.True(t, s.fires(reminderModel, 1100, 20))
	require.Equal(t, "escalate", s.names[eventKey{ticketModel, 90}])
}
