package simulation

import "strconv"

// ids counts what it names.
type ids struct{ workitems, transactions int }

func (i *ids) workitem() string {
	i.workitems++
	return "workitem-" + strconv.Itoa(i.workitems)
}

func (i *ids) transaction() string {
	i.transactions++
	return "transaction-" + strconv.Itoa(i.transactions)
}
