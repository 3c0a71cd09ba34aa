package cost

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

// A Limit is what something may cost a month.
type Limit struct {
	By     string // total, type, owner, domain, consumer or path
	Name   string // of the type, owner, …; "" for the total
	Amount Money
	// Pointer is where a budget file says so, "" for an amount that was given alone.
	Pointer string
}

// Keys are what amounts can be added up by.
func Keys() []string { return []string{"type", "owner", "domain", "consumer", "path"} }

// ParseAmount reads dollars: 500, $1,250.50.
func ParseAmount(text string) (Money, error) {
	plain := strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(text), "$"), ",", "")
	var number json.Number
	if err := json.Unmarshal([]byte(plain), &number); err != nil {
		return 0, fmt.Errorf("%q is no amount of dollars", text)
	}
	amount, err := number.Float64()
	if err != nil || amount < 0 || amount > 9e9 {
		return 0, fmt.Errorf("%q is no amount of dollars between 0 and nine billion", text)
	}
	return Dollars(amount), nil
}

// ParseBudget reads a budget:
//
//	total: 900
//	owner: {orders-team: 300}
//	path: {kinesis-provisioned: 400}
//
// The error names the file's line.
func ParseBudget(d *document.Document, name string) ([]Limit, error) {
	object, ok := d.Value().(map[string]any)
	if !ok {
		return nil, budgetError(d, name, "", "an object with total, %s was expected", strings.Join(Keys(), ", "))
	}
	var limits []Limit
	for _, key := range slices.Sorted(maps.Keys(object)) {
		pointer := document.Join("", key)
		if key == "total" {
			limit, err := limitAt(d, name, Limit{By: "total", Pointer: pointer}, object[key])
			if err != nil {
				return nil, err
			}
			limits = append(limits, limit)
			continue
		}
		if !slices.Contains(Keys(), key) {
			return nil, budgetError(d, name, pointer, "the key %q is unknown%s", key, didYouMean(key, append(Keys(), "total")))
		}
		members, ok := object[key].(map[string]any)
		if !ok {
			return nil, budgetError(d, name, pointer, "names and their amounts were expected")
		}
		for _, member := range slices.Sorted(maps.Keys(members)) {
			limit, err := limitAt(d, name, Limit{By: key, Name: member, Pointer: document.Join(pointer, member)}, members[member])
			if err != nil {
				return nil, err
			}
			limits = append(limits, limit)
		}
	}
	if len(limits) == 0 {
		return nil, budgetError(d, name, "", "the budget limits nothing")
	}
	return limits, nil
}

func limitAt(d *document.Document, name string, limit Limit, value any) (Limit, error) {
	text, isText := value.(string)
	if number, ok := value.(json.Number); ok {
		text, isText = number.String(), true
	}
	var err error
	if !isText {
		err = fmt.Errorf("an amount of dollars was expected")
	} else {
		limit.Amount, err = ParseAmount(text)
	}
	if err != nil {
		return limit, budgetError(d, name, limit.Pointer, "%s", err)
	}
	return limit, nil
}

func budgetError(d *document.Document, name, pointer, format string, values ...any) error {
	place := name
	if at, ok := d.Range(pointer); ok {
		place = fmt.Sprintf("%s:%d", name, at.Start.Line)
	}
	return fmt.Errorf("%s: %s", place, fmt.Sprintf(format, values...))
}

// didYouMean names the word that is probably meant, else all that there are.
func didYouMean(word string, words []string) string {
	return cmp.Or(nearest(word, words), "; there are "+strings.Join(words, ", "))
}

// nearest names the word that is probably meant; it is empty when none is.
func nearest(word string, words []string) string {
	if near := report.Nearest(word, words); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}
