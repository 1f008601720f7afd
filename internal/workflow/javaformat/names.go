package javaformat

import (
	"strings"

	"github.com/go-playground/locales"
)

// apply brings what the dialect says into a locale that has the rest.
func (d *dialect) apply(l *Locale) {
	n := *l.names
	if d.names != nil {
		n.read(d.names())
	}
	d.correct(&n)
	set(&n.periods[0], d.periods[0])
	set(&n.periods[1], d.periods[1])
	set(&n.eras[0], d.eras[0])
	set(&n.eras[1], d.eras[1])
	set(&n.utc, d.utc)
	l.names = &n

	set(&l.short, d.short)
	for i, s := range []*string{&l.symbols.decimal, &l.symbols.group, &l.symbols.moneyDecimal, &l.symbols.moneyGroup} {
		set(s, d.separators[i])
	}
	set(&l.symbols.minus, d.minus)
	set(&l.symbols.exponent, d.exponent)
	set(&l.symbols.nan, d.nan)
	set(&l.currency.symbol, d.symbol)
}

func set(to *string, value string) {
	if value != "" {
		*to = value
	}
}

func (n *names) read(t locales.Translator) {
	n.months, n.shortMonths = t.MonthsWide(), t.MonthsAbbreviated()
	n.loneMonths, n.loneShortMonths = n.months, n.shortMonths
	n.days, n.shortDays = t.WeekdaysWide(), t.WeekdaysAbbreviated()
}

// correct brings names to CLDR 39, where the library has another version of it.
func (d *dialect) correct(n *names) {
	switch d.tag {
	case "de":
		n.zones = strings.Fields("CET MEZ CEST MESZ EET OEZ EEST OESZ WET WEZ WEST WESZ")
	case "en_GB":
		n.shortMonths = strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec")
		n.loneShortMonths = n.shortMonths
	case "en_AU":
		n.shortMonths = strings.Fields("Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec")
	case "es":
		n.shortMonths = strings.Fields("ene feb mar abr may jun jul ago sept oct nov dic")
		n.loneShortMonths = n.shortMonths
		n.shortDays = strings.Fields("dom lun mar mié jue vie sáb")
	case "es_MX":
		n.shortDays = strings.Fields("dom lun mar mié jue vie sáb")
	}
	if lone := loneMonths(d.tag); lone != nil {
		n.loneMonths = lone
	}
	if lone := loneShortMonths(d.tag); lone != nil {
		n.loneShortMonths = lone
	}
}
