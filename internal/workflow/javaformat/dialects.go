package javaformat

import (
	"github.com/go-playground/locales"
	"github.com/go-playground/locales/cs"
	"github.com/go-playground/locales/da"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/de_AT"
	"github.com/go-playground/locales/el"
	"github.com/go-playground/locales/en"
	"github.com/go-playground/locales/en_CA"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/es_MX"
	"github.com/go-playground/locales/fi"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/fr_CA"
	"github.com/go-playground/locales/hu"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/ja"
	"github.com/go-playground/locales/ko"
	"github.com/go-playground/locales/nb"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt"
	"github.com/go-playground/locales/pt_PT"
	"github.com/go-playground/locales/ro"
	"github.com/go-playground/locales/ru"
	"github.com/go-playground/locales/sk"
	"github.com/go-playground/locales/sv"
	"github.com/go-playground/locales/tr"
	"github.com/go-playground/locales/uk"
	"github.com/go-playground/locales/zh"
)

// dialect is a language, or what a region changes of its language.
type dialect struct {
	tag        string
	names      func() locales.Translator // nil: those of the language
	short      string
	periods    [2]string
	eras       [2]string
	utc        string
	separators [4]string // decimal and group, of numbers and of money
	minus      string
	exponent   string
	nan        string
	symbol     string // of the region's currency, if it is not the usual one
}

// dialects are the supported languages, each before its regions, by the data
// of CLDR 39. What is not said is as in the language, or neutral.
func dialects() []dialect {
	return []dialect{
		{
			tag: "en", names: en.New, short: "M/d/yy, h:mm a",
			eras: [2]string{"BC", "AD"},
		},
		{
			tag: "en_GB", short: "dd/MM/y, HH:mm",
			periods: [2]string{"am", "pm"},
		},
		{
			tag: "en_CA", names: en_CA.New, short: "y-MM-dd, h:mm a",
			periods:  [2]string{"a.m.", "p.m."},
			exponent: "e",
		},
		{
			tag: "en_AU", short: "d/M/yy, h:mm a",
			periods:  [2]string{"am", "pm"},
			exponent: "e",
		},
		{
			tag: "en_IE", short: "dd/MM/y, HH:mm",
			periods: [2]string{"a.m.", "p.m."},
		},
		{
			tag: "de", names: de.New, short: "dd.MM.yy, HH:mm",
			eras: [2]string{"v. Chr.", "n. Chr."}, utc: "Koordinierte Weltzeit",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "de_AT", names: de_AT.New,
			separators: [4]string{",", "\u00a0", ",", "."},
		},
		{
			tag:        "de_CH",
			separators: [4]string{".", "’", ".", "’"},
		},
		{
			tag:        "de_LI",
			separators: [4]string{".", "’", ".", "’"},
		},
		{
			tag: "fr", names: fr.New, short: "dd/MM/y HH:mm",
			eras: [2]string{"av. J.-C.", "ap. J.-C."}, utc: "Temps universel coordonné",
			separators: [4]string{",", "\u202f", ",", "\u202f"},
		},
		{
			tag: "fr_CH", short: "dd.MM.yy HH:mm",
			separators: [4]string{",", "\u202f", ".", "\u202f"},
		},
		{
			tag: "fr_CA", names: fr_CA.New, short: "y-MM-dd HH 'h' mm",
			periods: [2]string{"a.m.", "p.m."}, utc: "temps universel coordonné",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, symbol: "$\u00a0CA",
		},
		{
			tag: "fr_BE", short: "d/MM/yy HH:mm",
		},
		{
			tag:        "fr_LU",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "es", names: es.New, short: "d/M/yy H:mm",
			periods: [2]string{"a.\u00a0m.", "p.\u00a0m."}, eras: [2]string{"a. C.", "d. C."}, utc: "tiempo universal coordinado",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "es_MX", names: es_MX.New, short: "dd/MM/yy HH:mm",
			utc:        "hora universal coordinada",
			separators: [4]string{".", ",", ".", ","},
		},
		{
			tag: "it", names: it.New, short: "dd/MM/yy, HH:mm",
			eras: [2]string{"a.C.", "d.C."}, utc: "Tempo coordinato universale", //nolint:misspell // Italian
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "it_CH", short: "dd.MM.yy, HH:mm",
			separators: [4]string{".", "’", ".", "’"}, symbol: "SFr.",
		},
		{
			tag: "nl", names: nl.New, short: "dd-MM-y HH:mm",
			periods: [2]string{"a.m.", "p.m."}, eras: [2]string{"v.Chr.", "n.Chr."}, utc: "gecoördineerde wereldtijd",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "nl_BE", short: "d/MM/y HH:mm",
		},
		{
			tag: "pt", names: pt.New, short: "dd/MM/y HH:mm",
			eras: [2]string{"a.C.", "d.C."}, utc: "Horário Universal Coordenado",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "pt_PT", names: pt_PT.New, short: "dd/MM/yy, HH:mm",
			periods: [2]string{"da manhã", "da tarde"}, utc: "Hora Coordenada Universal",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"},
		},
		{
			tag: "pl", names: pl.New, short: "dd.MM.y, HH:mm",
			eras: [2]string{"p.n.e.", "n.e."}, utc: "uniwersalny czas koordynowany",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"},
		},
		{
			tag: "da", names: da.New, short: "dd.MM.y HH.mm",
			eras: [2]string{"f.Kr.", "e.Kr."}, utc: "Koordineret universaltid",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "sv", names: sv.New,
			periods: [2]string{"fm", "em"}, eras: [2]string{"f.Kr.", "e.Kr."}, utc: "koordinerad universell tid",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, minus: "−", exponent: "×10^",
		},
		{
			tag: "nb", names: nb.New, short: "dd.MM.y, HH:mm",
			periods: [2]string{"a.m.", "p.m."}, eras: [2]string{"f.Kr.", "e.Kr."}, utc: "koordinert universaltid",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, minus: "−",
		},
		{
			tag: "fi", names: fi.New, short: "d.M.y H.mm",
			periods: [2]string{"ap.", "ip."}, eras: [2]string{"eKr.", "jKr."}, utc: "UTC-yleisaika",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, minus: "−", nan: "epäluku",
		},
		{
			tag: "cs", names: cs.New, short: "dd.MM.yy H:mm",
			periods: [2]string{"dop.", "odp."}, eras: [2]string{"př. n. l.", "n. l."}, utc: "Koordinovaný světový čas",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"},
		},
		{
			tag: "sk", names: sk.New, short: "d. M. y H:mm",
			eras: [2]string{"pred Kr.", "po Kr."}, utc: "koordinovaný svetový čas",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, exponent: "e",
		},
		{
			tag: "hu", names: hu.New, short: "y. MM. dd. H:mm",
			periods: [2]string{"de.", "du."}, eras: [2]string{"i. e.", "i. sz."}, utc: "koordinált világidő",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"},
		},
		{
			tag: "ro", names: ro.New, short: "dd.MM.y, HH:mm",
			periods: [2]string{"a.m.", "p.m."}, eras: [2]string{"î.Hr.", "d.Hr."}, utc: "Timpul universal coordonat",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "ru", names: ru.New, short: "dd.MM.y, HH:mm",
			eras: [2]string{"до н. э.", "н. э."}, utc: "Всемирное координированное время",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, nan: "не\u00a0число",
		},
		{
			tag: "uk", names: uk.New, short: "dd.MM.yy, HH:mm",
			periods: [2]string{"дп", "пп"}, eras: [2]string{"до н. е.", "н. е."}, utc: "за всесвітнім координованим часом",
			separators: [4]string{",", "\u00a0", ",", "\u00a0"}, exponent: "Е",
		},
		{
			tag: "tr", names: tr.New, short: "d.MM.y HH:mm",
			periods: [2]string{"ÖÖ", "ÖS"}, eras: [2]string{"MÖ", "MS"}, utc: "Eş Güdümlü Evrensel Zaman",
			separators: [4]string{",", ".", ",", "."},
		},
		{
			tag: "el", names: el.New, short: "d/M/yy, h:mm a",
			periods: [2]string{"π.μ.", "μ.μ."}, eras: [2]string{"π.Χ.", "μ.Χ."}, utc: "Συντονισμένη Παγκόσμια Ώρα",
			separators: [4]string{",", ".", ",", "."}, exponent: "e",
		},
		{
			tag: "ja", names: ja.New, short: "y/MM/dd H:mm",
			periods: [2]string{"午前", "午後"}, eras: [2]string{"紀元前", "西暦"}, utc: "協定世界時",
		},
		{
			tag: "zh", names: zh.New, short: "y/M/d ah:mm",
			periods: [2]string{"上午", "下午"}, eras: [2]string{"公元前", "公元"}, utc: "协调世界时",
		},
		{
			tag: "ko", names: ko.New, short: "yy. M. d. a h:mm",
			periods: [2]string{"오전", "오후"}, eras: [2]string{"BC", "AD"}, utc: "협정 세계시",
		},
	}
}
