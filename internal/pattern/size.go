// Package pattern says how much work a regular expression can be, without
// compiling it.
package pattern

import "regexp/syntax"

// Size returns about how many instructions the program of a regular expression
// has, at least as many as there are. It takes time in proportion to the length
// of its text. The time of one match is at most in proportion to the size times
// the length of what is searched.
func Size(re *syntax.Regexp) int {
	groups := re.MaxCap()
	// Every thread of a match carries the groups along.
	return program(re) * (1 + groups/4)
}

func program(re *syntax.Regexp) int {
	size := 0
	for _, sub := range re.Sub {
		size += program(sub) + 1
	}
	switch re.Op { //nolint:exhaustive // the others are one instruction
	case syntax.OpLiteral:
		return len(re.Rune) + 1
	case syntax.OpRepeat:
		return size*max(re.Min, re.Max, 1) + 1
	}
	return size + 1
}
