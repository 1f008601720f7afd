package simulation

import "strconv"

// ids counts what it names.
type ids struct{ workitems, transactions int }

// workitem returns the next name that is not taken.
func (i *ids) workitem(taken func(id string) bool) string {
	for {
		i.workitems++
		if id := "workitem-" + strconv.Itoa(i.workitems); !taken(id) {
			return id
		}
	}
}

func (i *ids) transaction() string {
	i.transactions++
	return "transaction-" + strconv.Itoa(i.transactions)
}
