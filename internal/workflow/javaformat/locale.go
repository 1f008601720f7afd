package javaformat

import (
	"strings"
	"sync"
	"time"
)

// Locale is a language and a region, with what numbers and dates need of them.
// It does not change and is safe for concurrent use.
type Locale struct {
	short    string // the pattern of a short date and time
	names    *names
	symbols  symbols
	currency currency
	week     week
}

// names are those of months and the like. Months begin with January, days with
// Sunday.
type names struct {
	months, shortMonths []string
	// loneMonths and loneShortMonths stand alone: "marzec", not "5 marca".
	loneMonths, loneShortMonths []string
	days, shortDays             []string
	periods                     [2]string // AM and PM
	eras                        [2]string
	utc                         string
	zones                       []string // pairs: "CET", "MEZ"
}

type symbols struct {
	decimal, group           string
	moneyDecimal, moneyGroup string
	minus, exponent          string
	nan, infinity            string
}

type currency struct{ code, symbol string }

// week is how the weeks of a year are counted: the first one has at least days
// of the year.
type week struct {
	first time.Weekday
	days  int
}

// ShortDateTime returns the pattern of a date and time in the short form of the
// locale.
func (l *Locale) ShortDateTime() string { return l.short }

// FindLocale returns the locale of a tag such as "de-AT", "de_AT" or "de", in
// any case. Of a region that is not known the language counts; a language that
// is not known has the neutral forms that Java has for it: English
// abbreviations, and dates such as 2024-03-05 14:07.
func FindLocale(tag string) *Locale {
	if l := known()[tag]; l != nil {
		return l
	}
	language, region, _ := strings.Cut(strings.ReplaceAll(tag, "-", "_"), "_")
	region, _, _ = strings.Cut(region, "_")
	language, region = strings.ToLower(language), strings.ToUpper(region)
	if language == "no" {
		language = "nb"
	}
	if l := known()[language+"_"+region]; l != nil {
		return l
	}
	base := known()[language+"_"]
	if base == nil {
		base = known()["_"]
	}
	if region == "" {
		return base
	}
	return base.in(region)
}

// in returns the language in a region about which nothing else is known.
func (l *Locale) in(region string) *Locale {
	regional := *l
	regional.currency, regional.week = regionCurrency(region), regionWeek(region)
	return &regional
}

// known are the locales, by language_REGION and language-REGION; the region of
// a language alone is "". They are made when the first of them is needed: a
// process that shows neither numbers nor dates needs none.
//
//nolint:gochecknoglobals // a table, made once
var known = sync.OnceValue(func() map[string]*Locale {
	table := map[string]*Locale{"_": neutral()}
	for _, d := range dialects() {
		language, region, regional := strings.Cut(d.tag, "_")
		l := neutral()
		if regional {
			l = table[language+"_"].in(region) // languages stand before their regions
		}
		d.apply(l)
		add(table, language, region, l)
	}
	for _, tag := range homes() {
		language, region, _ := strings.Cut(tag, "_")
		add(table, language, region, table[language+"_"].in(region))
	}
	return table
})

func add(table map[string]*Locale, language, region string, l *Locale) {
	table[language+"_"+region] = l
	table[language+"-"+region] = l
}

func neutral() *Locale {
	months := []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	days := []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}
	return &Locale{
		short: "y-MM-dd HH:mm",
		names: &names{
			months: months, shortMonths: months, loneMonths: months, loneShortMonths: months,
			days: days, shortDays: days,
			periods: [2]string{"AM", "PM"},
			eras:    [2]string{"BCE", "CE"},
			utc:     "Coordinated Universal Time",
		},
		symbols: symbols{
			decimal: ".", group: ",", moneyDecimal: ".", moneyGroup: ",",
			minus: "-", exponent: "E", nan: "NaN", infinity: "∞",
		},
		currency: currency{code: "XXX", symbol: "¤"},
		week:     week{first: time.Sunday, days: 1},
	}
}
