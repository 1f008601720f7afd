package openid

import (
	"strings"
	"time"
)

// claims are the members of a token.
type claims map[string]any

// find returns a claim: the member of that name, or the one that is found along
// the dots of the name. Some providers have dots in the names of members.
func find(within map[string]any, name string) any {
	if value, ok := within[name]; ok {
		return value
	}
	for i := 0; i < len(name); i++ {
		if name[i] != '.' {
			continue
		}
		if inner, ok := within[name[:i]].(map[string]any); ok {
			if value := find(inner, name[i+1:]); value != nil {
				return value
			}
		}
	}
	return nil
}

// text is the first of the claims that is there and not empty.
func (c claims) text(names []string) string {
	for _, name := range names {
		if text, ok := find(c, name).(string); ok && strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

// texts are the texts of all the claims; a single text counts as a list of one.
func (c claims) texts(names []string) []string {
	var list []string
	for _, name := range names {
		switch value := find(c, name).(type) {
		case string:
			list = append(list, value)
		case []any:
			for _, one := range value {
				if text, ok := one.(string); ok {
					list = append(list, text)
				}
			}
		}
	}
	return list
}

// logoutEvent is what OpenID Connect Back-Channel Logout has among the events of a
// token that ends a session.
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// endsSession says whether the token does that. Not all providers give it a type.
func endsSession(c claims) bool {
	events, _ := c["events"].(map[string]any)
	_, ends := events[logoutEvent]
	return ends
}

// time is a claim that is seconds since 1970; ok is false if it is missing.
func (c claims) time(name string) (at time.Time, ok bool) {
	seconds, ok := c[name].(float64)
	if !ok || seconds < 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(seconds * 1000)), true
}
