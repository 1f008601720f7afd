package rest

import (
	"github.com/google/uuid"

	"github.com/postlude/postlude/internal/auth"
	"github.com/postlude/postlude/internal/outbox"
)

// mayTopics says why the caller must not do this with entries of topics; with no
// topic, of all topics.
func (a *api) mayTopics(caller auth.Caller, action auth.Action, topics []string) error {
	rules := a.security.Topics.Topics()
	if len(topics) == 0 && !rules.MayAll(caller, action) {
		return forbidden("you may not " + string(action) + " every topic: name those you want")
	}
	for _, topic := range topics {
		if !rules.May(caller, action, topic) {
			return forbidden("you may not " + string(action) + " entries of this topic")
		}
	}
	return nil
}

// mayEntry says why the caller must not do this with an entry.
func (a *api) mayEntry(c *call, action auth.Action, id uuid.UUID) error {
	if a.security.Topics.Topics().MayAllOthers(c.caller, action) && action != auth.Manage {
		return nil // no need to know the topic: workers' entries are refused for what they are
	}
	topic, err := outbox.TopicOf(c.Context(), a.pool, id)
	if err != nil {
		return err
	}
	return a.mayTopics(c.caller, action, []string{topic})
}

// hideFrom leaves out of an async event what belongs to its workitem, from callers
// that may not manage such events.
func (a *api) hideFrom(caller auth.Caller, listed *outbox.Listed) {
	if listed.Topic == outbox.TopicAsync && !a.security.Topics.Topics().May(caller, auth.Manage, listed.Topic) {
		listed.Data, listed.LastError = nil, ""
	}
}
