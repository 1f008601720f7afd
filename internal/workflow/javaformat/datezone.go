package javaformat

// zone reads the fields z, Z and X. It sets the offset in seconds.
func (p *dateParser) zone(f field) bool {
	if p.at == len(p.text) {
		return false
	}
	if f.letter == 'X' {
		if p.text[p.at] == 'Z' {
			p.at++
			p.values.setZone(0)
			return true
		}
		return p.offset(f.count, f.count == 3)
	}
	if c := p.text[p.at]; c == '+' || c == '-' {
		return p.offset(0, false)
	}
	if hasFold(p.text[p.at:], "GMT") {
		p.at += len("GMT")
		if p.at < len(p.text) && (p.text[p.at] == '+' || p.text[p.at] == '-') {
			return p.offset(0, true)
		}
		p.values.setZone(0)
		return true
	}
	return p.zoneName()
}

// offset reads a sign and hours, and minutes unless form is 1. Hours may have
// one digit where a colon follows and form is 0.
func (p *dateParser) offset(form int, colon bool) bool {
	sign, text := 1, p.text[p.at:]
	switch text[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return false
	}
	i := 1
	hours, digits := leadingDigits(text[i:])
	if digits == 0 || hours > 23 || (digits == 1 && (form > 0 || !colon)) {
		return false
	}
	i += digits
	minutes := 0
	if form != 1 {
		if colon {
			if i >= len(text) || text[i] != ':' {
				return false
			}
			i++
		}
		var width int
		if minutes, width = leadingDigits(text[i:]); width != 2 || minutes > 59 {
			return false
		}
		i += width
	}
	p.at += i
	p.values.setZone(sign * (hours*60 + minutes) * 60)
	return true
}

// leadingDigits reads up to two digits.
func leadingDigits(text string) (n, digits int) {
	for digits < 2 && digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		n = n*10 + int(text[digits]-'0')
		digits++
	}
	return n, digits
}

// zoneName reads the short name of a zone. Those that mean different things in
// different countries are not among them, but for the American ones.
func (p *dateParser) zoneName() bool {
	end := p.at
	for end < len(p.text) && isLetter(p.text[end]) {
		end++
	}
	hours, ok := zoneHours(p.locale.plainZone(p.text[p.at:end]))
	if !ok {
		return false
	}
	p.at = end
	p.values.setZone(hours * 3600)
	return true
}

// plainZone is the inverse of localZone.
func (l *Locale) plainZone(name string) string {
	for i := 1; i < len(l.names.zones); i += 2 {
		if l.names.zones[i] == name {
			return l.names.zones[i-1]
		}
	}
	return name
}

func zoneHours(name string) (hours int, ok bool) {
	switch name {
	case "UTC", "UT", "WET":
		return 0, true
	case "CET", "WEST":
		return 1, true
	case "EET", "CEST":
		return 2, true
	case "EEST", "MSK":
		return 3, true
	case "JST":
		return 9, true
	case "EDT":
		return -4, true
	case "EST", "CDT":
		return -5, true
	case "CST", "MDT":
		return -6, true
	case "MST", "PDT":
		return -7, true
	case "PST":
		return -8, true
	}
	return 0, false
}
