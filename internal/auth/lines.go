package auth

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of files, in bytes.
const (
	maxFile = 4 << 20
	maxLine = 16 << 10
)

// readFile opens a file and reads it by parse.
func readFile[T any](path string, parse func(name string, r io.Reader) (T, error)) (T, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		var none T
		return none, fmt.Errorf("read settings: %w", err)
	}
	defer file.Close()
	return parse(path, file)
}

// byteOrderMark is what some editors put in front of a text.
const byteOrderMark = "\ufeff"

// isHidden says whether a character is one that nobody sees, or that ends a line
// for some programs only: a name with it is another one than it seems, and a rule
// may be within what looks like a comment.
func isHidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// eachLine calls line for each line that is neither empty nor a comment, without
// the space around it. What it returns as text becomes a [*FileError].
func eachLine(name string, r io.Reader, line func(text string) error) error {
	scanner := bufio.NewScanner(io.LimitReader(r, maxFile+1))
	scanner.Buffer(nil, maxLine)
	number, size := 0, 0
	for scanner.Scan() {
		number++
		if size += len(scanner.Bytes()) + 1; size > maxFile {
			return &FileError{name, number, fmt.Sprintf("the file has more than %d bytes", maxFile)}
		}
		text := scanner.Text()
		if number == 1 {
			text = strings.TrimPrefix(text, byteOrderMark)
		}
		if !utf8.ValidString(text) {
			return &FileError{name, number, "the line is not UTF-8"}
		}
		if strings.ContainsFunc(text, func(r rune) bool { return isHidden(r) && r != '\t' }) {
			return &FileError{name, number, "the line has characters that cannot be seen, or ends in another way than by a line feed"}
		}
		if text = strings.TrimSpace(text); text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if err := line(text); err != nil {
			return &FileError{name, number, err.Error()}
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &FileError{name, number + 1, fmt.Sprintf("the line has more than %d bytes", maxLine)}
	case err != nil:
		return fmt.Errorf("read settings: %w", err)
	}
	return nil
}

// listOf splits a list at its commas and drops what is empty.
func listOf(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}
