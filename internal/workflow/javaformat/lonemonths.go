package javaformat

import "strings"

// loneMonths returns the names of months that stand alone, nil if they are the
// same as in a date.
func loneMonths(tag string) []string {
	var months string
	switch tag {
	case "pl":
		months = "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień"
	case "fi":
		months = "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu"
	case "cs":
		months = "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec"
	case "sk":
		months = "január február marec apríl máj jún júl august september október november december"
	case "ru":
		months = "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь"
	case "uk":
		months = "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень"
	case "el":
		months = "Ιανουάριος Φεβρουάριος Μάρτιος Απρίλιος Μάιος Ιούνιος Ιούλιος Αύγουστος Σεπτέμβριος Οκτώβριος Νοέμβριος Δεκέμβριος"
	default:
		return nil
	}
	return strings.Fields(months)
}

// loneShortMonths returns the short names of months that stand alone, nil if
// they are the same as in a date.
func loneShortMonths(tag string) []string {
	var months string
	switch tag {
	case "en_AU":
		months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
	case "de":
		months = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"
	case "de_AT":
		months = "Jän Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez"
	case "nb":
		months = "jan feb mar apr mai jun jul aug sep okt nov des"
	case "fi":
		months = "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"
	case "ru":
		months = "янв. февр. март апр. май июнь июль авг. сент. окт. нояб. дек."
	case "uk":
		months = "січ лют бер кві тра чер лип сер вер жов лис гру"
	case "el":
		months = "Ιαν Φεβ Μάρ Απρ Μάι Ιούν Ιούλ Αύγ Σεπ Οκτ Νοέ Δεκ"
	default:
		return nil
	}
	return strings.Fields(months)
}
