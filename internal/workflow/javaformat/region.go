package javaformat

import (
	"strings"
	"time"
)

// homes are the regions of the languages that change nothing of them.
func homes() []string {
	return strings.Fields("en_US de_DE de_LU de_BE fr_FR es_ES it_IT nl_NL pt_BR pl_PL da_DK sv_SE sv_FI nb_NO fi_FI cs_CZ sk_SK " +
		"hu_HU ro_RO ru_RU uk_UA tr_TR el_GR el_CY ja_JP zh_CN ko_KR")
}

// regionCurrency returns the money of a region.
func regionCurrency(region string) currency {
	switch region {
	case "AT", "BE", "CY", "DE", "ES", "FI", "FR", "GR", "IE", "IT", "LU", "NL", "PT", "SK":
		return currency{code: "EUR", symbol: "€"}
	case "AU":
		return currency{code: "AUD", symbol: "$"}
	case "BR":
		return currency{code: "BRL", symbol: "R$"}
	case "CA":
		return currency{code: "CAD", symbol: "$"}
	case "CH", "LI":
		return currency{code: "CHF", symbol: "CHF"}
	case "CN":
		return currency{code: "CNY", symbol: "¥"}
	case "CZ":
		return currency{code: "CZK", symbol: "Kč"}
	case "DK":
		return currency{code: "DKK", symbol: "kr."}
	case "GB":
		return currency{code: "GBP", symbol: "£"}
	case "HU":
		return currency{code: "HUF", symbol: "Ft"}
	case "JP":
		return currency{code: "JPY", symbol: "￥"}
	case "KR":
		return currency{code: "KRW", symbol: "₩"}
	case "MX":
		return currency{code: "MXN", symbol: "$"}
	case "NO":
		return currency{code: "NOK", symbol: "kr"}
	case "PL":
		return currency{code: "PLN", symbol: "zł"}
	case "RO":
		return currency{code: "RON", symbol: "RON"}
	case "RU":
		return currency{code: "RUB", symbol: "₽"}
	case "SE":
		return currency{code: "SEK", symbol: "kr"}
	case "TR":
		return currency{code: "TRY", symbol: "₺"}
	case "UA":
		return currency{code: "UAH", symbol: "₴"}
	case "US":
		return currency{code: "USD", symbol: "$"}
	}
	return currency{code: "XXX", symbol: "¤"}
}

// regionWeek returns how a region counts weeks.
func regionWeek(region string) week {
	switch region {
	case "AU", "BR", "CA", "CN", "JP", "KR", "MX", "US":
		return week{first: time.Sunday, days: 1}
	case "PT":
		return week{first: time.Sunday, days: 4}
	case "AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "FR", "GB", "GR", "HU", "IE", "IT", "LI", "LU", "NL", "NO", "PL", "RU", "SE", "SK":
		return week{first: time.Monday, days: 4}
	}
	return week{first: time.Monday, days: 1}
}
