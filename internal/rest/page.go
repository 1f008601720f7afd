package rest

import (
	"fmt"
	"net/url"
	"strconv"
)

// Limits of a page.
const (
	maxPageSize  = 1000
	maxPageIndex = 1_000_000
)

// Entries of a page, as in Imixs.
const (
	entriesOfAll    = 100
	entriesOfTopics = 99
)

// pageOf reads pageSize and pageIndex. Clients of Imixs say 0 where they do not care.
func pageOf(query url.Values, size int) (limit, offset int, err error) {
	if limit, err = number(query, "pageSize", size, 0, maxPageSize); err != nil {
		return 0, 0, err
	}
	if limit == 0 {
		limit = size
	}
	index, err := number(query, "pageIndex", 0, 0, maxPageIndex)
	return limit, index * limit, err
}

// entryPage reads the page of a list of entries. maxCount is Imixs' name for the
// size where topics are given. It says at most, so more than a page is a page; −1
// is what Imixs' client sends for no limit.
func entryPage(query url.Values, ofTopics bool) (limit, offset int, err error) {
	size := entriesOfAll
	if ofTopics {
		size = entriesOfTopics
	}
	if !query.Has("maxCount") {
		return pageOf(query, size)
	}
	most, err := number(query, "maxCount", 0, -1, 1<<31-1)
	switch {
	case err != nil:
		return 0, 0, err
	case most == 0:
		return 0, 0, badRequest("maxCount must be positive, or -1")
	case most == -1:
		most = maxPageSize
	}
	most = min(most, maxPageSize)
	limit, offset, err = pageOf(query, most)
	return min(limit, most), offset, err
}

func number(query url.Values, name string, otherwise, least, most int) (int, error) {
	if !query.Has(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		return 0, badRequest(fmt.Sprintf("%s must be a whole number from %d to %d", name, least, most))
	}
	return n, nil
}
