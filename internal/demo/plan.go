package demo

import (
	"time"

	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/workitem"
)

// Versions and events of the example models.
const (
	ticketModel   = "ticket-1.0"
	orderModel    = "order-1.0"
	reminderModel = "reminder-1.0"

	ticketSubmit, ticketAnswer, ticketComment = 10, 20, 30
	orderOrder                                = 10
	reminderBegin, reminderConfirm            = 10, 50
)

// visit is what users do with one workitem.
type visit struct {
	id    string
	start time.Duration // since the start of the load
	items workitem.Items
	steps []step
}

// step is one request.
type step struct {
	after time.Duration // since the answer to the one before
	event int
}

// rate is how many workitems are started per second.
const rate = 60

// plan says what happens to n workitems. Of ten, four are orders, each with its
// chain of three immediate events; four are tickets, of which about half are
// answered before they escalate; two are reminders, of which some are confirmed.
// It is the same every time but for the ids.
func plan(n int) []visit {
	visits := make([]visit, n)
	for i := range visits {
		v := &visits[i]
		switch round := i / 10; i % 10 {
		case 0, 3, 5, 8:
			*v = order(i)
		case 1, 6:
			*v = visited(ticketModel, 1000, step{event: ticketSubmit}, step{after: answerAfter(round), event: ticketAnswer})
		case 4:
			*v = visited(ticketModel, 1000, step{event: ticketSubmit}, step{after: time.Second, event: ticketComment})
		case 9:
			*v = visited(ticketModel, 1000, step{event: ticketSubmit})
		default:
			*v = reminder(i)
		}
		v.id = uuid.NewString()
		v.start = time.Duration(i) * time.Second / rate
	}
	return visits
}

// answerAfter is how long a user takes to answer a ticket: most of them are
// quick, some compete with the timer of two seconds.
func answerAfter(round int) time.Duration {
	if round%5 == 4 {
		return 2 * time.Second
	}
	return time.Duration(300+250*(round%5)) * time.Millisecond
}

func order(i int) visit {
	v := visited(orderModel, 1000, step{event: orderOrder})
	v.items.Set("amount", float64(100*(i%20)))
	return v
}

func reminder(i int) visit {
	if i%3 == 0 {
		return visited(reminderModel, 1100, step{event: reminderBegin}, step{after: 2500 * time.Millisecond, event: reminderConfirm})
	}
	return visited(reminderModel, 1100, step{event: reminderBegin})
}

func visited(model string, task int, steps ...step) visit {
	items := workitem.Items{}
	items.Set(workitem.ModelVersion, model)
	items.Set(workitem.TaskID, task)
	items.Set("subject", "demo")
	return visit{items: items, steps: steps}
}

func (v *visit) model() string { return v.items.Text(workitem.ModelVersion) }
