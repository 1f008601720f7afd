package javaformat_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/postlude/postlude/internal/workflow/javaformat"
)

func Example() {
	austrian := javaformat.FindLocale("de-AT")
	number, err := austrian.FormatNumber("#,##0.00 ¤;(#)", -1234.5)
	if err != nil {
		fmt.Println(err)
	}
	date, err := austrian.FormatDate("EEEE, d. MMMM yyyy", time.Date(2024, 1, 31, 0, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%s\n%s\n", number, date)
	// Output:
	// (1.234,50)
	// Mittwoch, 31. Jänner 2024
}

// rows reads a table of testdata. They hold what the classes of Java 17 make
// of the same input; ERR stands for an exception.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	var table [][]string
	for line := range strings.Lines(string(data)) {
		table = append(table, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	return table
}

func TestNumbersAreThoseOfJava(t *testing.T) {
	t.Parallel()
	for _, row := range rows(t, "numbers.tsv") {
		v, err := strconv.ParseFloat(row[2], 64)
		require.NoError(t, err)
		got, err := javaformat.FindLocale(row[0]).FormatNumber(row[1], v)
		checkResult(t, row, row[3], got, err)
	}
}

func TestDatesAreThoseOfJava(t *testing.T) {
	t.Parallel()
	for _, row := range rows(t, "dates.tsv") {
		locale := javaformat.FindLocale(row[0])
		p := row[1]
		if p == "SHORT" {
			p = locale.ShortDateTime()
		}
		got, err := locale.FormatDate(p, instant(t, row[3]).In(zone(t, row[2])))
		checkResult(t, row, row[4], got, err)
	}
}

func TestDatesAreReadAsJavaDoes(t *testing.T) {
	t.Parallel()
	for _, row := range rows(t, "parsed.tsv") {
		got, err := javaformat.FindLocale(row[0]).ParseDate(row[1], row[3], zone(t, row[2]))
		if row[4] == "ERR" {
			require.ErrorIs(t, err, javaformat.ErrNoDate, "%q", row)
			continue
		}
		require.NoError(t, err, "%q", row)
		require.Equal(t, instant(t, row[4]).UTC(), got.UTC(), "%q", row)
	}
}

func checkResult(t *testing.T, row []string, want, got string, err error) {
	t.Helper()
	if want == "ERR" {
		var e *javaformat.Error
		require.ErrorAs(t, err, &e, "%q", row)
		return
	}
	require.NoError(t, err, "%q", row)
	require.Equal(t, want, got, "%q", row)
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return time.UnixMilli(ms)
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func TestFindLocale(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"de-DE":     "1.234,50 €",
		"DE_de":     "1.234,50 €",
		"de":        "1.234,50 ¤", // without a region there is no money
		"de-XY":     "1.234,50 ¤",
		"de-CH":     "1’234.50 CHF",
		"de_DE_x":   "1.234,50 €",
		"en":        "1,234.50 ¤",
		"en-DE":     "1,234.50 €",
		"fr-CH":     "1\u202f234.50 CHF", // money has a point there
		"no-NO":     "1\u00a0234,50 kr",
		"xx":        "1,234.50 ¤",
		"":          "1,234.50 ¤",
		"_":         "1,234.50 ¤",
		"-":         "1,234.50 ¤",
		"\x00_\x00": "1,234.50 ¤",
	} {
		got, err := javaformat.FindLocale(tag).FormatNumber("#,##0.00 ¤", 1234.5)
		require.NoError(t, err)
		require.Equal(t, want, got, "%q", tag)
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		locale, zone, pattern, want string
	}{
		{"en-US", "Europe/Berlin", "z zzzz Z X XX XXX", "CEST CEST +0200 +02 +0200 +02:00"},
		{"de-DE", "Europe/Berlin", "z", "MESZ"},
		{"en-US", "Asia/Dubai", "z", "GMT+04:00"},
		{"en-US", "America/Sao_Paulo", "z", "GMT-03:00"},
		{"en-US", "America/St_Johns", "Z X XXX", "-0230 -02 -02:30"},
		{"fr-FR", "UTC", "zzzz X", "Temps universel coordonné Z"},
	} {
		got, err := javaformat.FindLocale(c.locale).FormatDate(c.pattern, at.In(zone(t, c.zone)))
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%+v", c)
	}
}

func TestZonesAreRead(t *testing.T) {
	t.Parallel()
	for text, hour := range map[string]int{
		"12:00 UTC": 12, "12:00 GMT": 12, "12:00 gmt-3:00": 15, "12:00 -0330": 15, "12:00 CEST": 10, "12:00 MESZ": 10, "12:00 PST": 20,
	} {
		got, err := javaformat.FindLocale("de").ParseDate("HH:mm z", text, zone(t, "Asia/Tokyo"))
		require.NoError(t, err, text)
		require.Equal(t, hour, got.UTC().Hour(), text)
	}
	for _, text := range []string{"12:00 ", "12:00 X", "12:00 +", "12:00 +1", "12:00 +2460", "12:00 GMT+25:00", "12:00 GMT+1"} {
		_, err := javaformat.FindLocale("de").ParseDate("HH:mm z", text, time.UTC)
		require.ErrorIs(t, err, javaformat.ErrNoDate, text)
	}
}

func TestYearsThatAreNotRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10000", "-1", "9999999999999999999", "2147483648"} {
		_, err := javaformat.FindLocale("").ParseDate("yyyy", text, time.UTC)
		require.ErrorIs(t, err, javaformat.ErrNoDate, text)
	}
}

func TestErrorsNameThePattern(t *testing.T) {
	t.Parallel()
	l := javaformat.FindLocale("en")
	_, err := l.FormatDate("dd.MM.yyyy b", time.Time{})
	require.EqualError(t, err, `pattern "dd.MM.yyyy b": the letter b means nothing`)
	_, err = l.ParseDate("yyyy'", "2024", time.UTC)
	require.EqualError(t, err, `pattern "yyyy'": a quote is not closed`)
	_, err = l.FormatNumber("#.#.#", 1)
	require.EqualError(t, err, `pattern "#.#.#": more than one decimal point`)
}

func FuzzNumberPattern(f *testing.F) {
	for _, p := range []string{"#,##0.00;(#)", "0.###E0", "'#'#%", "¤¤ 0.00", "##0.##E0", "#.", ".00", "-#‰", "0;0;", "#,"} {
		f.Add(p, 1234.5)
	}
	f.Add("#", math.NaN())
	f.Fuzz(func(t *testing.T, p string, v float64) {
		got, err := javaformat.FindLocale("en-US").FormatNumber(p, v)
		if err != nil {
			var e *javaformat.Error
			require.ErrorAs(t, err, &e)
			return
		}
		require.NotEmpty(t, got)
		require.LessOrEqual(t, len(got), 6*len(p)+1000)
	})
}

func FuzzDatePattern(f *testing.F) {
	for _, p := range []string{"yyyy-MM-dd'T'HH:mm:ss.SSSZ", "EEE, d MMM yy", "YYYY-'W'ww-u", "h 'o''clock' a", "DDD F W K k XXX z G L", "yyyyMMdd"} {
		f.Add(p, "2024-01-31T10:15:30.123+0200", int64(1709647629123))
	}
	f.Fuzz(func(t *testing.T, p, text string, ms int64) {
		l := javaformat.FindLocale("de-DE")
		at := time.UnixMilli(ms % 200_000_000_000_000).UTC()
		shown, err := l.FormatDate(p, at)
		if err != nil {
			var e *javaformat.Error
			require.ErrorAs(t, err, &e)
			_, err = l.ParseDate(p, text, time.UTC)
			require.ErrorAs(t, err, &e)
			return
		}
		for _, given := range []string{text, shown} {
			got, err := l.ParseDate(p, given, time.UTC)
			if err != nil {
				require.ErrorIs(t, err, javaformat.ErrNoDate)
				continue
			}
			require.True(t, got.Year() >= 0 && got.Year() <= 9999)
		}
	})
}

func BenchmarkFormatNumber(b *testing.B) {
	l := javaformat.FindLocale("de-DE")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.FormatNumber("#,##0.00", 1234567.891); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFormatDate(b *testing.B) {
	l := javaformat.FindLocale("de-DE")
	at := time.Date(2024, 3, 5, 14, 7, 9, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.FormatDate("EEEE, d. MMMM yyyy HH:mm", at); err != nil {
			b.Fatal(err)
		}
	}
}
