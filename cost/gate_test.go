package cost

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

func parseBudget(t *testing.T, text string) ([]Limit, error) {
	t.Helper()
	d, err := document.Parse("budget.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return ParseBudget(d, "budget.yaml")
}

func TestParseBudget(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"all kinds", "total: 900\nowner: {a: 300, b: $1,200.50}\n", "[{owner a $300.00 /owner/a} {owner b $1,200.50 /owner/b} {total  $900.00 /total}]"},
		{"an unknown key", "total: 1\nowners: {a: 3}\n", `budget.yaml:2: the key "owners" is unknown; did you mean owner?`},
		{"no amount", "owner: {a: much}\n", `budget.yaml:1: "much" is no amount of dollars`},
		{"below 0", "total: -5\n", `budget.yaml:1: "-5" is no amount of dollars between 0 and nine billion`},
		{"no names", "owner: 5\n", "budget.yaml:1: names and their amounts were expected"},
		{"nothing", "{}\n", "budget.yaml:1: the budget limits nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if strings.Contains(test.text, "$1,2") {
				test.text = strings.Replace(test.text, "$1,200.50", `"$1,200.50"`, 1)
			}
			limits, err := parseBudget(t, test.text)
			got := fmt.Sprint(limits)
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A budget is judged by the upper end of the interval, wherever it is set.
func TestBudget(t *testing.T) {
	a, b := onPath(typed("A", 500, 4000), "sns-sqs"), onPath(typed("B", 5, 900), "sns-sqs")
	e := estimate(t, declaredWork(a, b), "", Declared)
	o := e.Outcome(Declared)
	low, high := o.Interval.Low.Dollars(), o.Interval.High.Dollars()
	if !(low < o.Total.Dollars() && o.Total.Dollars() < high) {
		t.Fatal("the interval does not hold the point", low, o.Total, high)
	}
	tests := []struct {
		name   string
		limit  Limit
		want   string // rule, or none
		report string
	}{
		{"within", Limit{By: "total", Amount: Dollars(high + 1)}, "", ""},
		{"straddled", Limit{By: "total", Amount: Dollars((o.Total.Dollars() + high) / 2)}, RuleBudgetUncertain, "but may come to " + o.Interval.High.String()},
		{"over", Limit{By: "total", Amount: o.Total - 1}, RuleOverBudget, "the estimate is " + o.Total.String() + " a month"},
		{"an owner's, over", Limit{By: "owner", Name: "team-A", Amount: Dollar}, RuleOverBudget, "the estimate of the owner team-A is "},
		{"an owner's, within", Limit{By: "owner", Name: "team-B", Amount: 1000 * Dollar}, "", ""},
		{"a path's with nothing on it", Limit{By: "path", Name: "msk", Amount: 0}, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := report.Location{File: "budget.yaml", Line: 3, Column: 2}
			findings, checks := e.Budget(o, []Limit{test.limit}, func(Limit) report.Location { return at })
			if test.want == "" {
				if len(findings) != 0 || len(checks) != 1 || checks[0].Result != report.Pass {
					t.Errorf("%+v %+v", findings, checks)
				}
				return
			}
			if len(findings) != 1 || findings[0].Rule != test.want || !strings.Contains(findings[0].Message, test.report) {
				t.Fatalf("%+v", findings)
			}
			if findings[0].Location != at {
				t.Errorf("the finding is at %v", findings[0].Location)
			}
		})
	}
}

// A limit for somebody who is not there would let everything pass.
func TestUnknownLimits(t *testing.T) {
	e := estimate(t, declaredWork(onPath(typed("A", 5, 900), "sqs")), "", Declared)
	for _, limit := range []Limit{{By: "total"}, {By: "owner", Name: "team-A"}, {By: "type", Name: "A"}, {By: "domain", Name: "shop"}, {By: "consumer", Name: "billing"}, {By: "path", Name: "msk"}} {
		if err := e.CheckLimits([]Limit{limit}, nil); err != nil {
			t.Error(err)
		}
	}
	err := e.CheckLimits([]Limit{{By: "owner", Name: "team-a"}}, nil)
	if want := `the budget limits the owner "team-a", and there is none; did you mean team-A?`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestIncrease(t *testing.T) {
	was := []Traffic{onPath(typed("A", 200, 1000), "kinesis"), onPath(typed("B", 20, 25<<10), "kinesis-provisioned"), onPath(typed("C", 20, 64<<10), "sqs"), onPath(typed("Gone", 50, 900), "sqs")}
	resized := func(i, bytes int) Traffic {
		return with(was[i], func(t *Traffic) {
			t.Sizes = []Size{{bytes, 1}}
			t.Peak = Peak{}
		})
	}
	tests := []struct {
		name, change string
		is           Traffic
		want         string // of the type's Why
	}{
		{"over 1 KB on demand", "A", resized(0, 1100), "its events are of 1,100 bytes and were of 1,000; Kinesis on demand bills 1 KB at a time"},
		{"below 1 KB", "A", resized(0, 1020), "its events are of 1,020 bytes and were of 1,000"},
		{"over 25 KB provisioned", "B", resized(1, 26<<10), "its events are of 26,624 bytes and were of 25,600; Kinesis provisioned bills 25 KB at a time"},
		{"over 64 KB by queue", "C", resized(2, 65<<10), "its events are of 66,560 bytes and were of 65,536; SNS, SQS, EventBridge and Event Hubs bill 64 KB at a time"},
		{"another rate", "A", with(was[0], func(t *Traffic) { t.Rate, t.Peak = 300, Peak{} }), "its rate is 1.5 times what it was"},
		{"another path", "A", onPath(was[0], "sqs"), "it takes sqs and took kinesis-on-demand"},
		{"more consumers", "A", with(was[0], func(t *Traffic) { t.Consumers = []Consumer{{"x", Polling}, {"y", Polling}} }), "it has 2 consumers and had 1"},
		{"new", "New", onPath(typed("New", 5, 900), "sqs"), "it is new"},
		{"gone", "Gone", Traffic{}, "it is gone"},
		{"grown by its schema", "A", with(resized(0, 1100), func(t *Traffic) { t.Grown = Growth{100, []string{"note"}} }),
			"its events are of 1,100 bytes and were of 1,000; Kinesis on demand bills 1 KB at a time; its schema gained 1 field (note), estimated at 100 bytes because the declared size was left as it was"},
	}
	earlier := estimate(t, declaredWork(was...), "", Declared)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			types := slices.Clone(was)
			i := slices.IndexFunc(types, func(t Traffic) bool { return t.Type == test.change })
			switch {
			case test.is.Type == "":
				types = slices.Delete(types, i, i+1)
			case i < 0:
				types = append(types, test.is)
			default:
				types[i] = test.is
			}
			n := estimate(t, declaredWork(types...), "", Declared).Compare(earlier, Declared)
			k := slices.IndexFunc(n.Types, func(c TypeIncrease) bool { return c.Type == test.change })
			if k < 0 {
				t.Fatalf("%s costs what it did: %+v", test.change, n.Types)
			}
			if diff := cmp.Diff(test.want, n.Types[k].Why); diff != "" {
				t.Error(diff)
			}
			sum := Money(0)
			for _, c := range n.Types {
				sum += c.Is - c.Was
			}
			if sum != n.Change {
				t.Errorf("the types change by %s, the total by %s", sum, n.Change)
			}
		})
	}
}

// The volumes of both sides are the same draws: a change that costs nothing has no
// interval, however uncertain the volume is.
func TestIncreaseDrawsTogether(t *testing.T) {
	w := declaredWork(onPath(typed("A", 500, 4000), "sns-sqs"))
	n := estimate(t, w, "", Declared).Compare(estimate(t, w, "", Declared), Declared)
	if n.Share != (Share{}) || len(n.Types) != 0 {
		t.Errorf("%+v", n)
	}
	if findings, _ := n.Exceeds(0, report.Location{}); len(findings) != 0 {
		t.Error(findings)
	}
	twice := estimate(t, declaredWork(onPath(typed("A", 1000, 4000), "sns-sqs")), "", Declared).Compare(estimate(t, w, "", Declared), Declared)
	findings, _ := twice.Exceeds(0.1, report.Location{})
	if len(findings) != 1 || !strings.Contains(findings[0].Message, "most by A") {
		t.Errorf("%+v", findings)
	}
}

// A catalog that is new is an increase from nothing.
func TestIncreaseFromNothing(t *testing.T) {
	n := estimate(t, declaredWork(onPath(typed("A", 5, 900), "sqs")), "", Declared).Compare(estimate(t, declaredWork(), "", Declared), Declared)
	if n == nil || n.Was != 0 || n.Change != n.Is || n.Share.Point != 1 {
		t.Errorf("%+v", n)
	}
}

func TestGrown(t *testing.T) {
	field := func(path, kind string, keywords ...any) SchemaField {
		f := SchemaField{Path: path, Type: kind, Keywords: map[string]any{}}
		for i := 0; i < len(keywords); i += 2 {
			f.Keywords[keywords[i].(string)] = keywords[i+1]
		}
		return f
	}
	id := field("id", "string")
	tests := []struct {
		name string
		is   []SchemaField
		want int
	}{
		{"nothing came", []SchemaField{id}, 0},
		{"a truth value", []SchemaField{id, field("gift", "boolean")}, len(`"gift":false,`)},
		{"a date", []SchemaField{id, field("due", "string", "format", "date")}, len(`"due":"2026-01-31",`)},
		{"a choice counts its longest", []SchemaField{id, field("size", "string", "enum", []any{"s", "large"})}, len(`"size":"large",`)},
		{"a constant", []SchemaField{id, field("kind", "string", "const", "order")}, len(`"kind":"order",`)},
		{"an object and its field", []SchemaField{id, field("at", "object"), field("at.x", "boolean")}, len(`"at":{},`) + len(`"x":false,`)},
		{"renamed", []SchemaField{field("no", "string")}, 0},
		{"what went is subtracted", []SchemaField{field("id2", "string")}, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Grown([]SchemaField{id}, test.is).Bytes; got != test.want {
				t.Errorf("%d bytes, want %d", got, test.want)
			}
		})
	}
}

// Infracost's keys have the quantities of the lines that they stand for.
func TestInfracostUsage(t *testing.T) {
	e := estimate(t, declaredWork(onPath(typed("A", 10, 900), "kinesis"), onPath(typed("B", 5, 26<<10), "kinesis-provisioned"), onPath(typed("C", 5, 900), "sns-sqs"), onPath(typed("D", 1, 900), "eventbridge")), "", Declared)
	o := e.Outcome(Declared)
	text, err := e.InfracostUsage(o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := document.Parse("usage.yml", text)
	if err != nil {
		t.Fatal(err)
	}
	usage := d.Value().(map[string]any)["resource_usage"].(map[string]any)
	for resource, keys := range map[string][]string{
		"aws_kinesis_stream.events":       {"monthly_on_demand_data_in_gb", "monthly_on_demand_data_out_gb", "monthly_provisioned_put_units"},
		"aws_sns_topic.events":            {"monthly_requests"},
		"aws_sqs_queue.events":            {"monthly_requests"},
		"aws_cloudwatch_event_bus.events": {"monthly_custom_events"},
	} {
		for _, key := range keys {
			if got, ok := usage[resource].(map[string]any)[key]; !ok || fmt.Sprint(got) == "0" {
				t.Errorf("%s has %s: %v", resource, key, got)
			}
		}
	}
	if got, want := fmt.Sprint(usage["aws_kinesis_stream.events"].(map[string]any)["monthly_provisioned_put_units"]), fmt.Sprint(2*5*MonthSeconds); got != want {
		t.Errorf("%s payload units, want %s: 26 KB are two of 25 KB", got, want)
	}
	if got, want := fmt.Sprint(usage["aws_cloudwatch_event_bus.events"].(map[string]any)["monthly_custom_events"]), fmt.Sprint(MonthSeconds); got != want {
		t.Errorf("%s custom events, want %s", got, want)
	}
	none := estimate(t, declaredWork(onPath(typed("A", 10, 900), "msk")), "", Declared)
	if _, err := none.InfracostUsage(none.Outcome(Declared)); err == nil {
		t.Error("usage without a key is no error")
	}
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{0.73: "73 %", 0.0042: "0.4 %", -0.00001: "0 %", -4.34: "-434 %", 0: "0 %"} {
		if got := Percent(share); got != want {
			t.Errorf("%g: %s, want %s", share, got, want)
		}
	}
	for x, want := range map[float64]string{0: "0", 1.917: "1.92", 0.000012345: "0.0000123", 3274.2: "3,274", 525.6: "526"} {
		if got := figures(x); got != want {
			t.Errorf("%g: %s, want %s", x, got, want)
		}
	}
}
