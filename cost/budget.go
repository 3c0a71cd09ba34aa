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

// A Group is an amount by a key.
type Group struct {
	Name string // "" for what has none
	Cost Money
	// Low and High are the ends of the interval of the whole, in proportion.
	Interval Range
}

// By adds up an outcome by a key of Keys, the largest amount first. What several
// owners or consumers share is shared equally. The groups add up to the total.
func (e *Estimate) By(o *Outcome, key string) []Group {
	sums := map[string]Money{}
	consumers := map[string][]string{}
	for i := range e.Workload.Types {
		t := &e.Workload.Types[i]
		for _, c := range e.Assumptions.ConsumersOf(t) {
			consumers[t.Type] = append(consumers[t.Type], c.Name)
		}
	}
	for _, line := range o.Lines {
		var names []string
		switch key {
		case "type":
			names = []string{line.Type}
		case "owner":
			names = line.Owners
		case "domain":
			names = []string{line.Domain}
		case "path":
			names = []string{line.Path}
		case "consumer":
			names = consumers[line.Type]
		}
		if len(names) == 0 {
			names = []string{""}
		}
		for i, share := range line.Cost.split(make([]float64, len(names))) {
			sums[names[i]] += share
		}
	}
	var groups []Group
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		g := Group{Name: name, Cost: sums[name]}
		if o.Total > 0 {
			part := g.Cost.Dollars() / o.Total.Dollars()
			g.Interval = Range{Dollars(o.Interval.Low.Dollars() * part), Dollars(o.Interval.High.Dollars() * part)}
		}
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(b.Cost, a.Cost) })
	return groups
}
