package event

import (
	"bytes"
	"strconv"
	"time"
)

// parseTime reads RFC 3339, also with a space for the T, an offset without its
// colon or minutes, or digits beyond nanoseconds, which are cut; or the time
// since 1970 in seconds, milliseconds, microseconds or nanoseconds, told apart
// by magnitude. The result is UTC.
func parseTime(text []byte) (time.Time, bool) {
	if len(text) >= len("2006-01-02T15:04:05Z") && text[4] == '-' {
		return parseCalendar(text)
	}
	return parseEpoch(text)
}

// A clock parses times, most of which lie in the same minute as the one before.
type clock struct {
	minute [minuteSize]byte // as the last time had it
	start  time.Time        // of that minute
}

const minuteSize = len("2006-01-02T15:04:")

// parse is parseTime. A time in the known minute and in UTC needs its seconds only.
func (c *clock) parse(text []byte) (time.Time, bool) {
	const size = minuteSize
	if len(text) > size+2 && text[len(text)-1] == 'Z' && [size]byte(text) == c.minute {
		second := twoDigits(text[size:])
		nanos, rest, ok := fraction(text[size+2:])
		if ok && len(rest) == 1 && 0 <= second && second <= 60 {
			return c.start.Add(time.Duration(second)*time.Second + time.Duration(nanos)), true
		}
	}
	t, ok := parseTime(text)
	if ok && len(text) > size+2 && text[4] == '-' && text[len(text)-1] == 'Z' {
		if second := twoDigits(text[size:]); second >= 0 {
			c.minute = [size]byte(text)
			c.start = t.Add(-time.Duration(second)*time.Second - time.Duration(t.Nanosecond()))
		}
	}
	return t, ok
}

func parseCalendar(text []byte) (time.Time, bool) {
	century, year := twoDigits(text[0:]), twoDigits(text[2:])
	month, day := twoDigits(text[5:]), twoDigits(text[8:])
	hour, minute, second := twoDigits(text[11:]), twoDigits(text[14:]), twoDigits(text[17:])
	if century|year|month|day|hour|minute|second < 0 || text[7] != '-' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	year += 100 * century
	if c := text[10]; c != 'T' && c != 't' && c != ' ' {
		return time.Time{}, false
	}
	// A leap second counts as the first of the next minute.
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	nanos, rest, ok := fraction(text[19:])
	if !ok {
		return time.Time{}, false
	}
	offset, ok := zone(rest)
	if !ok {
		return time.Time{}, false
	}
	seconds := daysSinceEpoch(year, month, day)*86400 + int64(hour*3600+minute*60+second-offset)
	return time.Unix(seconds, nanos).UTC(), true
}

// twoDigits is the number in the first two bytes of text, negative when it is none.
func twoDigits(text []byte) int {
	tens, ones := text[0]-'0', text[1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

// fraction reads the part of a second that text may start with, in nanoseconds.
func fraction(text []byte) (nanos int64, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '.' && text[0] != ',' {
		return 0, text, true
	}
	end, scale := 1, int64(100_000_000)
	for ; end < len(text) && isDigit(text[end]); end++ {
		nanos += int64(text[end]-'0') * scale
		scale /= 10
	}
	return nanos, text[end:], end > 1
}

// zone reads Z, ±hh, ±hhmm or ±hh:mm, in seconds east of UTC.
func zone(text []byte) (int, bool) {
	if len(text) == 1 && (text[0] == 'Z' || text[0] == 'z') {
		return 0, true
	}
	if len(text) < 3 || text[0] != '+' && text[0] != '-' {
		return 0, false
	}
	hours, minutes := twoDigits(text[1:]), 0
	if rest := bytes.TrimPrefix(text[3:], []byte(":")); len(rest) == 2 {
		minutes = twoDigits(rest)
	} else if len(text) > 3 {
		return 0, false
	}
	if hours|minutes < 0 || hours > 23 || minutes > 59 {
		return 0, false
	}
	if text[0] == '-' {
		return -(hours*3600 + minutes*60), true
	}
	return hours*3600 + minutes*60, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts days from 1970-01-01 in the Gregorian calendar. The year
// starts in March here, so that a leap day is its last.
func daysSinceEpoch(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	year += 400 // keeps the divisions below positive for year 0
	return int64(365*year + year/4 - year/100 + year/400 + dayOfYear - 719468 - 146097)
}

// maxEpochDigits bounds what counts as a time: nanoseconds of the year 2262.
const maxEpochDigits = 19

func parseEpoch(text []byte) (time.Time, bool) {
	if bytes.ContainsAny(text, "eE") {
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || f > 1e19 || f < -1e19 {
			return time.Time{}, false
		}
		text = strconv.AppendFloat(nil, f, 'f', -1, 64)
	}
	whole, part, _ := bytes.Cut(text, []byte("."))
	if len(whole) == 0 || len(whole) > maxEpochDigits+1 || skipDigits(part, 0) != len(part) {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(string(whole), 10, 64)
	if err != nil || whole[0] == '+' {
		return time.Time{}, false
	}
	unit := epochUnit(n)
	nanos := n % (int64(time.Second) / unit) * unit
	for scale := unit / 10; len(part) > 0 && scale > 0; scale /= 10 {
		if whole[0] == '-' {
			nanos -= int64(part[0]-'0') * scale
		} else {
			nanos += int64(part[0]-'0') * scale
		}
		part = part[1:]
	}
	return time.Unix(n/(int64(time.Second)/unit), nanos).UTC(), true
}

// epochUnit is the unit of a time since 1970, in nanoseconds: a number below
// 1e11 is in seconds (until the year 5138), then each unit has three digits more.
func epochUnit(n int64) int64 {
	switch {
	case -1e11 < n && n < 1e11:
		return int64(time.Second)
	case -1e14 < n && n < 1e14:
		return int64(time.Millisecond)
	case -1e17 < n && n < 1e17:
		return int64(time.Microsecond)
	}
	return 1
}
