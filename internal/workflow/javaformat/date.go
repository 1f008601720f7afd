package javaformat

import "strings"

// field is a part of a date pattern: a letter and how often it is there, or a
// text if the letter is 0.
type field struct {
	letter byte
	count  int
	text   string
}

// letters are those of date patterns.
const letters = "GyMdkHmsSEDFwWahKzZYuXL"

// parseDate reads a date pattern. Letters mean something, everything else
// stands for itself, letters between quotes too.
func parseDate(pattern string) ([]field, error) {
	fields := make([]field, 0, 16)
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, past, ok := quoted(pattern, i)
			if !ok {
				return nil, &Error{Pattern: pattern, Reason: "a quote is not closed"}
			}
			fields = addText(fields, text)
			i = past
		case !isLetter(c):
			fields = addText(fields, pattern[i:i+1])
			i++
		default:
			count := 1
			for i+count < len(pattern) && pattern[i+count] == c {
				count++
			}
			if reason := faultOf(c, count); reason != "" {
				return nil, &Error{Pattern: pattern, Reason: reason}
			}
			fields = append(fields, field{letter: c, count: count})
			i += count
		}
	}
	return fields, nil
}

func faultOf(letter byte, count int) string {
	switch {
	case strings.IndexByte(letters, letter) < 0:
		return "the letter " + string(letter) + " means nothing"
	case letter == 'X' && count > 3:
		return "more than three X"
	}
	return ""
}

// quoted returns the text between quotes, and the place behind them. Two
// quotes are a quote, between quotes and elsewhere.
func quoted(pattern string, at int) (text string, past int, ok bool) {
	if strings.HasPrefix(pattern[at:], "''") {
		return "'", at + 2, true
	}
	var b strings.Builder
	for i := at + 1; i < len(pattern); i++ {
		if pattern[i] != '\'' {
			b.WriteByte(pattern[i])
			continue
		}
		if i+1 == len(pattern) || pattern[i+1] != '\'' {
			return b.String(), i + 1, true
		}
		b.WriteByte('\'')
		i++
	}
	return "", 0, false
}

// addText joins texts that follow each other.
func addText(fields []field, text string) []field {
	if text == "" {
		return fields
	}
	if last := len(fields) - 1; last >= 0 && fields[last].letter == 0 {
		fields[last].text += text
		return fields
	}
	return append(fields, field{text: text})
}

func isLetter(c byte) bool { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') }

// onlyMonth reports whether the month is all there is: its name stands alone
// then.
func onlyMonth(fields []field) bool {
	only := false
	for _, f := range fields {
		if f.letter != 0 && (f.letter != 'M' || only) {
			return false
		}
		only = only || f.letter == 'M'
	}
	return only
}
