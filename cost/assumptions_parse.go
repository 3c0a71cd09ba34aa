package cost

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The kinds of rows in the table of assumptions.

func textRow(key, help string, field func(*Assumptions) *string) assumption {
	return assumption{key, help,
		func(a *Assumptions) string { return *field(a) },
		func(a *Assumptions, value string) error {
			if value == "" {
				return errors.New("expected a name")
			}
			*field(a) = value
			return nil
		}}
}

func choiceRow(key, help string, field func(*Assumptions) *string, values ...string) assumption {
	return assumption{key, help,
		func(a *Assumptions) string { return *field(a) },
		func(a *Assumptions, value string) error {
			if !slices.Contains(values, value) {
				return fmt.Errorf("expected one of %s", strings.Join(values, ", "))
			}
			*field(a) = value
			return nil
		}}
}

func onOffRow(key, help string, field func(*Assumptions) *bool) assumption {
	return assumption{key, help,
		func(a *Assumptions) string {
			if *field(a) {
				return "on"
			}
			return "off"
		},
		func(a *Assumptions, value string) error {
			if value != "on" && value != "off" {
				return errors.New("expected on or off")
			}
			*field(a) = value == "on"
			return nil
		}}
}

func countRow(key, help string, least, most int, field func(*Assumptions) *int) assumption {
	return assumption{key, help,
		func(a *Assumptions) string { return strconv.Itoa(*field(a)) },
		func(a *Assumptions, value string) error {
			n, err := strconv.Atoi(value)
			if err != nil || n < least || n > most {
				return fmt.Errorf("expected a whole number from %d to %d", least, most)
			}
			*field(a) = n
			return nil
		}}
}

func durationRow(key, help string, most time.Duration, field func(*Assumptions) *time.Duration) assumption {
	return assumption{key, help,
		func(a *Assumptions) string { return formatDuration(*field(a)) },
		func(a *Assumptions, value string) error {
			d, err := parseDuration(value)
			if err != nil || d < 0 || d > most {
				return fmt.Errorf("expected a duration from 0s to %s, for example 100ms, 24h or 7d", formatDuration(most))
			}
			*field(a) = d
			return nil
		}}
}

const day = 24 * time.Hour

// parseDuration reads a duration of Go, or whole days: 7d.
func parseDuration(value string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(value, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * day, err
	}
	return time.ParseDuration(value)
}

func formatDuration(d time.Duration) string {
	switch {
	case d > day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d >= time.Hour && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return d.String()
}

func setPeak(a *Assumptions, value string) error {
	ratio, err := strconv.ParseFloat(value, 64)
	if err != nil || !(ratio >= 1 && ratio <= 10_000) {
		return errors.New("expected a number from 1 to 10000")
	}
	a.Peak = ratio
	return nil
}

func setHeadroom(a *Assumptions, value string) error {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(value, "%"), 64)
	if err != nil || !(percent >= 0 && percent <= 1000) {
		return errors.New("expected a percentage from 0% to 1000%")
	}
	a.Headroom = percent / 100
	return nil
}

func setConsumers(a *Assumptions, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1000 {
		return errors.New("expected a whole number from 1 to 1000")
	}
	a.Consumers = n
	return nil
}

// orTraffic shows an assumption that is left to the traffic when it is 0.
func orTraffic(value float64, text string) string {
	if value == 0 {
		return "traffic"
	}
	return text
}

func formatNumber(x float64) string {
	return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64)
}
