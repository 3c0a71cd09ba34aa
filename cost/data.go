package cost

import (
	"encoding/json"
	"math"
	"strconv"
)

// Data is the estimate for machines. Amounts are dollars a month, to the nano-dollar;
// null is no amount, and not 0.
type Data struct {
	Month       string            `json:"month"` // 730 hours
	Currency    string            `json:"currency"`
	Basis       Basis             `json:"basis"`
	Days        json.Number       `json:"days"` // that the log covers; 0 without one
	Selected    string            `json:"selected"`
	Strategies  []strategyData    `json:"strategies"`
	Paths       []strategyData    `json:"paths"` // everything on one path
	Types       []typeData        `json:"types"` // under the selected strategy
	Lines       []lineData        `json:"lines"` // of the selected strategy
	Groups      []groupData       `json:"groups"`
	Sensitivity []sensitivityData `json:"sensitivities"`
	Advice      []adviceData      `json:"advice"`
	BreakEvens  []breakEvenData   `json:"break_evens"`
	Optimum     *optimumData      `json:"optimum"`
	Claim       *claimData        `json:"claim"`
	Increase    *increaseData     `json:"increase"`
	Assumptions map[string]string `json:"assumptions"`
	Sides       *sidesData        `json:"sides"` // null without both a log and a catalog
	Missing     []missingData     `json:"missing"`
	Store       []storeData       `json:"store"`
}

type strategyData struct {
	Name     string       `json:"name"`
	Total    *json.Number `json:"total"` // null with Low and High where no type is in it
	Low      *json.Number `json:"low"`
	High     *json.Number `json:"high"`
	Complete bool         `json:"complete"` // all types are in the total, and fit
	Saving   *savingData  `json:"saving"`   // null for the baseline, and where nothing can be compared
}

type savingData struct {
	Share  json.Number `json:"share"`
	Low    json.Number `json:"low"`
	High   json.Number `json:"high"`
	Moved  json.Number `json:"moved"` // the ceiling
	Ratio  json.Number `json:"ratio"`
	Stayed json.Number `json:"stayed"`
}

type typeData struct {
	Type         string       `json:"type"`
	Owners       []string     `json:"owners"`
	Domain       string       `json:"domain"`
	Paths        []string     `json:"paths"`
	EventsPerSec json.Number  `json:"events_per_second"`
	MeanBytes    json.Number  `json:"mean_bytes"`
	Cost         *json.Number `json:"cost"`           // null: no path
	LatencyMs    *int64       `json:"latency_p99_ms"` // null: unknown, or no path
	AllowedMs    int64        `json:"allowed_ms"`     // 0: any
	Missed       []string     `json:"missed"`
}

type lineData struct {
	Type       string      `json:"type"`
	Path       string      `json:"path"`
	Item       string      `json:"item"`
	Unit       string      `json:"unit"`
	Quantity   json.Number `json:"quantity"`
	Price      string      `json:"price"`
	Cost       json.Number `json:"cost"`
	Assumption string      `json:"assumption"`
}

type groupData struct {
	By   string      `json:"by"`
	Name string      `json:"name"`
	Cost json.Number `json:"cost"`
	Low  json.Number `json:"low"`
	High json.Number `json:"high"`
}

type sensitivityData struct {
	Change string       `json:"change"`
	Total  json.Number  `json:"total"`
	Saving *json.Number `json:"saving"` // null where nothing can be compared
}

type adviceData struct {
	Change string      `json:"change"`
	Saves  json.Number `json:"saves"`
	Text   string      `json:"text"`
}

type breakEvenData struct {
	Type string       `json:"type"`
	Use  string       `json:"use"`
	Rent string       `json:"rent"`
	At   *json.Number `json:"events_per_second"` // null: never
}

type optimumData struct {
	Cost  json.Number `json:"cost"`
	Bound json.Number `json:"bound"`
	Exact bool        `json:"exact"`
}

type claimData struct {
	Claimed  json.Number `json:"claimed"`
	Strategy string      `json:"strategy"`
	Holds    bool        `json:"holds"`
	Likely   json.Number `json:"likely"`
	Ceiling  json.Number `json:"ceiling"`
	Deciding *string     `json:"deciding"`
	Verdict  string      `json:"verdict"`
}

type increaseData struct {
	Was   json.Number        `json:"was"`
	Is    json.Number        `json:"is"`
	Share json.Number        `json:"share"`
	Low   json.Number        `json:"low"`
	High  json.Number        `json:"high"`
	Types []typeIncreaseData `json:"types"`
}

type typeIncreaseData struct {
	Type   string      `json:"type"`
	Owners []string    `json:"owners"`
	Was    json.Number `json:"was"`
	Is     json.Number `json:"is"`
	Why    string      `json:"why"`
}

type sidesData struct {
	Strategy string         `json:"strategy"`
	Declared json.Number    `json:"declared"`
	Observed json.Number    `json:"observed"`
	Events   []sideDataLine `json:"events"`
}

type sideDataLine struct {
	Event    string       `json:"event"`
	Declared *sideTraffic `json:"declared"` // null where the side has none
	Observed *sideTraffic `json:"observed"`
}

type sideTraffic struct {
	EventsPerSec json.Number  `json:"events_per_second"`
	MeanBytes    json.Number  `json:"mean_bytes"`
	Cost         *json.Number `json:"cost"` // null: a type of the event has no price
}

func (s *Sides) data() *sidesData {
	d := &sidesData{s.Strategy, dollarsOf(s.Declared.Total), dollarsOf(s.Observed.Total), []sideDataLine{}}
	for _, e := range s.Events {
		d.Events = append(d.Events, sideDataLine{e.Event, e.Declared.data(), e.Observed.data()})
	}
	return d
}

func (t *SideTraffic) data() *sideTraffic {
	if t == nil {
		return nil
	}
	d := &sideTraffic{number(t.Rate), number(t.Bytes), nil}
	if !t.Unpriced {
		cost := dollarsOf(t.Cost)
		d.Cost = &cost
	}
	return d
}

type missingData struct {
	Type string `json:"type"`
	What string `json:"what"`
	Why  string `json:"why"`
}

type storeData struct {
	Name string      `json:"name"`
	Cost json.Number `json:"cost"`
}

// number is a figure with six digits that count.
func number(x float64) json.Number {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	return json.Number(digits(x, 6))
}

// dollarsOf is an amount to the nano-dollar: rounded to cents, the lines of many
// types would no longer add up to their total.
func dollarsOf(m Money) json.Number { return json.Number(m.Exact()) }

// Data gathers what the estimate says of an outcome. Groups, sensitivities, claim
// and increase are those that were asked for.
func (e *Estimate) Data(o *Outcome, x Extras) Data {
	d := Data{
		Month: strconv.Itoa(MonthHours) + "h", Currency: "USD", Basis: e.Workload.Basis, Days: number(e.Workload.Days), Selected: o.Strategy,
		Strategies: []strategyData{}, Paths: []strategyData{}, Types: []typeData{}, Lines: []lineData{}, Groups: []groupData{},
		Sensitivity: []sensitivityData{}, Advice: []adviceData{}, BreakEvens: []breakEvenData{}, Missing: []missingData{}, Store: []storeData{},
		Assumptions: map[string]string{},
	}
	for i, outcome := range e.Outcomes {
		d.Strategies = append(d.Strategies, e.strategyData(outcome, i > 0))
	}
	for _, outcome := range e.OnePath() {
		d.Paths = append(d.Paths, e.strategyData(outcome, true))
	}
	for i := range o.Types {
		d.Types = append(d.Types, e.typeData(o, i))
	}
	for _, l := range o.Lines {
		d.Lines = append(d.Lines, lineData{l.Type, l.Path, l.Item, l.Unit, number(l.Quantity), l.Price, dollarsOf(l.Cost), l.Assumption})
	}
	for _, key := range x.By {
		for _, g := range e.By(o, key) {
			d.Groups = append(d.Groups, groupData{key, g.Name, dollarsOf(g.Cost), dollarsOf(g.Interval.Low), dollarsOf(g.Interval.High)})
		}
	}
	for _, s := range x.Sensitivities {
		one := sensitivityData{Change: s.Change, Total: dollarsOf(s.Total)}
		if !math.IsNaN(s.Saving) {
			one.Saving = new(number(s.Saving))
		}
		d.Sensitivity = append(d.Sensitivity, one)
	}
	for _, a := range e.Advise(o, x.Sensitivities) {
		d.Advice = append(d.Advice, adviceData{a.Change, dollarsOf(a.Saves), a.Text})
	}
	for _, b := range e.BreakEvens() {
		one := breakEvenData{Type: b.Type, Use: b.Use, Rent: b.Rent}
		if !math.IsInf(b.At, 1) {
			at := number(b.At)
			one.At = &at
		}
		d.BreakEvens = append(d.BreakEvens, one)
	}
	if c := e.Certificate; c != nil {
		d.Optimum = &optimumData{dollarsOf(c.Cost), dollarsOf(c.Bound), c.Exact}
	}
	if c := x.Claim; c != nil {
		d.Claim = &claimData{number(c.Claimed), c.Strategy, c.Holds, number(c.Likely), number(c.Saving.Moved), nil, c.Verdict()}
		if c.Deciding != nil {
			d.Claim.Deciding = &c.Deciding.Change
		}
	}
	if n := x.Increase; n != nil {
		d.Increase = n.data()
	}
	if s := x.Sides; s != nil {
		d.Sides = s.data()
	}
	for _, s := range e.Assumptions.Settings() {
		d.Assumptions[s.Key] = s.Value
	}
	for _, m := range e.Workload.Missing {
		d.Missing = append(d.Missing, missingData{m.Type, m.What, m.Text})
	}
	for _, s := range e.Stores() {
		d.Store = append(d.Store, storeData{s.Name, dollarsOf(s.Cost)})
	}
	return d
}

// Extras are the parts of an estimate that are made on demand.
type Extras struct {
	By            []string
	Sensitivities []Sensitivity
	Claim         *Claim
	Increase      *Increase
	Sides         *Sides
}

func (e *Estimate) strategyData(o *Outcome, compared bool) strategyData {
	d := strategyData{Name: o.Strategy, Complete: o.Complete()}
	if !o.Unpriced() {
		d.Total, d.Low, d.High = new(dollarsOf(o.Total)), new(dollarsOf(o.Interval.Low)), new(dollarsOf(o.Interval.High))
	}
	if compared && e.Comparable(o) {
		s := e.Saving(o)
		d.Saving = &savingData{number(s.Saving.Point), number(s.Saving.Low), number(s.Saving.High), number(s.Moved), number(s.Ratio), number(s.Stayed)}
	}
	return d
}

func (e *Estimate) typeData(o *Outcome, i int) typeData {
	t, is := &e.Workload.Types[i], o.Types[i]
	d := typeData{
		Type: t.Type, Owners: append([]string{}, t.Owners...), Domain: t.Domain, Paths: append([]string{}, is.Paths...),
		EventsPerSec: number(t.Rate), MeanBytes: number(t.MeanBytes()),
		AllowedMs: t.MaxLatency.Milliseconds(), Missed: []string{},
	}
	if len(is.Paths) > 0 {
		d.Cost = new(dollarsOf(is.Cost))
	}
	if len(is.Paths) > 0 && !is.Unknown {
		d.LatencyMs = new(is.Latency.Milliseconds())
	}
	for _, r := range is.Missed {
		d.Missed = append(d.Missed, r.Text)
	}
	return d
}

func (n *Increase) data() *increaseData {
	d := &increaseData{dollarsOf(n.Was), dollarsOf(n.Is), number(n.Share.Point), number(n.Share.Low), number(n.Share.High), []typeIncreaseData{}}
	for _, t := range n.Types {
		d.Types = append(d.Types, typeIncreaseData{t.Type, append([]string{}, t.Owners...), dollarsOf(t.Was), dollarsOf(t.Is), t.Why})
	}
	return d
}

// A StoreCost is what a database takes for a month's events.
type StoreCost struct {
	Name, Title string
	Cost        Money
}

// Stores are what appending the month's events costs in the databases that the book
// knows: context, in no total.
func (e *Estimate) Stores() []StoreCost {
	var list []StoreCost
	for _, s := range Stores(e.book, e.Assumptions) {
		if len(s.Missing) > 0 {
			continue
		}
		var uses []Use
		for i := range e.Workload.Types {
			uses = append(uses, s.Uses(&e.Workload.Types[i])...)
		}
		cost := StoreCost{Name: s.Name, Title: s.Title}
		for _, c := range Bill(uses, e.Assumptions.FreeTiers) {
			cost.Cost = cost.Cost.Add(c.Cost)
		}
		list = append(list, cost)
	}
	return list
}
