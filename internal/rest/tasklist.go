package rest

import (
	"slices"
	"strconv"

	"github.com/postlude/postlude/internal/workitem"
)

// Workitems of a page, as in Imixs.
const workitemsOfPage = 10

// itemLeftOut marks a workitem of a list that would have become too large with its
// items.
const itemLeftOut = "$itemsleftout"

// listWorkitems answers with a page of the workitems that the caller may read: all of
// them, or those of a task list.
func (a *api) listWorkitems(c *call) (answer, error) {
	query, err := taskList(c)
	if err != nil {
		return nil, err
	}
	all, names, ok := c.caller.Readers()
	if !ok {
		return c.workitems(nil), nil
	}
	query.Reader = workitem.Reader{All: all, Names: names}
	found, err := workitem.Find(c.Context(), a.pool, query)
	if err != nil {
		return nil, err
	}
	list := make([]workitem.Items, len(found))
	for i := range found {
		list[i] = found[i].Items
		if found[i].ItemsLeftOut {
			list[i].Set(itemLeftOut, true)
		}
	}
	return c.workitems(list), nil
}

// taskList reads which workitems are asked for.
func taskList(c *call) (q workitem.Query, err error) {
	if q.Key, q.Value, err = taskListKey(c); err != nil {
		return q, err
	}
	q.Names, q.Type = c.caller.Names, c.query.Get("type")
	if q.Sort, q.Descending, err = sortOf(c); err != nil {
		return q, err
	}
	q.Limit, q.Offset, err = pageOf(c.query, workitemsOfPage)
	return q, err
}

// taskListKey reads the key of the path and its value. The worklist is the
// caller's own, and "null" is the caller where the value is a name: so it is in
// Imixs.
func taskListKey(c *call) (key workitem.Key, value string, err error) {
	switch c.Pattern {
	case "GET " + pathWorkitems:
		return workitem.KeyAll, "", nil
	case "GET " + pathWorklist:
		return workitem.KeyOwner, c.caller.Name, nil
	case "GET " + pathWriteAccess:
		return workitem.KeyWriteAccess, "", nil
	}
	key = workitem.Key(c.PathValue("key"))
	keys := []workitem.Key{
		workitem.KeyOwner, workitem.KeyCreator, workitem.KeyAuthor, workitem.KeyGroup, workitem.KeyTask, workitem.KeyRef,
	}
	if !slices.Contains(keys, key) {
		return "", "", notFound("there is no such task list")
	}
	if value, err = c.text("value"); err != nil {
		return "", "", err
	}
	if _, err := strconv.ParseInt(value, 10, 32); err != nil && key == workitem.KeyTask {
		return "", "", badRequest("processid is a number")
	}
	if value == "null" && slices.Contains([]workitem.Key{workitem.KeyOwner, workitem.KeyCreator, workitem.KeyAuthor}, key) {
		value = c.caller.Name
	}
	return key, value, nil
}

// sortOf reads the order of a list. Where the client does not care, the newest come
// first.
func sortOf(c *call) (sort workitem.Sort, descending bool, err error) {
	if descending, err = c.flag("sortReverse"); err != nil {
		return "", false, err
	}
	switch c.query.Get("sortBy") {
	case "":
		return workitem.ByCreated, descending || !c.query.Has("sortReverse"), nil
	case workitem.Created:
		return workitem.ByCreated, descending, nil
	case workitem.Modified:
		return workitem.ByModified, descending, nil
	case workitem.TaskID:
		return workitem.ByTask, descending, nil
	case workitem.UniqueID:
		return workitem.ByUniqueID, descending, nil
	}
	return "", false, badRequest("sortBy is $created, $modified, $taskid or $uniqueid")
}
