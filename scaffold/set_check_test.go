package scaffold

import (
	"errors"
	"strings"
	"testing"

	"github.com/nexus-blueprint/nexus/document"
)

// accounts is a spec whose Deposit computes the balance by an expression.
func accounts(expression string) string {
	return `version: 1
name: accounts
module: example.com/accounts
aggregates:
  - name: Account
    events:
      AccountOpened: {fields: {accountId: uuid, owner: string}}
      Deposited:
        fields:
          amount: number
          balance: number
          note: string?
    commands:
      OpenAccount: {event: AccountOpened, creates: true}
      Deposit:
        event: Deposited
        fields: {amount: number}
        set:
          balance: ` + expression + "\n"
}

func TestExpressionsThatGoDoesNotTakeAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, expression string
		column           int // 0 is none
		message, hint    string
	}{
		{"it compiles", "domain.Value(s.Balance) + c.Amount", 0, "", ""},
		{"packages are trusted", "math.Round(domain.Value(s.Balance) + c.Amount)", 0, "", ""},
		{"a member that the command has not", "c.Amount + c.Amuont", 33, "Deposit sets balance to \"c.Amount + c.Amuont\", which is no float64 in Go: c.Amuont undefined", "c has AccountID, Amount; s has AccountID, Owner, Amount, Balance, Note"},
		{"within the call of a package", "math.Round(c.Amuont)", 33, "c.Amuont undefined", "c has AccountID, Amount"},
		{"in quotes", `"s.Balanse"`, 23, "s.Balanse undefined", ""},
		{"a pointer", "s.Balance + c.Amount", 20, "mismatched types *float64 and float64", "s.Balance may be missing: domain.Value(s.Balance) is its value, and zero where there is none; c has"},
		{"another type", "s.Owner", 20, "cannot use s.Owner (variable of type string) as float64 value", ""},
		{"a package that decide.go does not import", "os.Getpid() + 1", 20, "undefined: os", ""},
		{"a variable that there is not", "amount", 20, "undefined: amount", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := []byte(accounts(test.expression))
			spec, err := ReadSpec("bank.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = New(t.Context(), spec, NewOptions{Version: "v1.0.0", Text: text, File: "bank.yaml"})
			if test.message == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			e, ok := errors.AsType[*document.Error](err)
			if !ok {
				t.Fatalf("the error is %v, and has no place", err)
			}
			if e.File != "bank.yaml" || e.Line != 19 || e.Column != test.column {
				t.Errorf("the place is %s:%d:%d, want bank.yaml:19:%d", e.File, e.Line, e.Column, test.column)
			}
			if !strings.Contains(e.Message, test.message) || !strings.Contains(e.Hint, test.hint) {
				t.Errorf("got %s (%s), want %q and %q in it", e.Message, e.Hint, test.message, test.hint)
			}
			spec.Aggregates = cloneAggregates(spec.Aggregates)
			if _, err = New(t.Context(), spec, NewOptions{Version: "v1.0.0"}); err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("without a text the error is %v", err)
			}
		})
	}
}

// What is added to an app is held to the same, in its own domain.yaml.
func TestAddRefusesExpressionsThatGoDoesNotTake(t *testing.T) {
	spec, err := ReadSpec(specFile, []byte(accounts("c.Amount")))
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, spec, NewOptions{Version: "v1.0.0", Text: []byte(accounts("c.Amount"))})
	app[specFile] = []byte(accounts("s.Balance"))
	_, err = planAddTo(t, app, func(s Spec) (Spec, error) { return s, nil })
	if e, ok := errors.AsType[*document.Error](err); !ok || e.Line != 19 || e.File != specFile {
		t.Errorf("the error is %v", err)
	}
}

func TestOptionalMembersAreSetByValue(t *testing.T) {
	text := strings.Replace(accounts("c.Amount"), "balance: number", "balance: number?", 1)
	spec, err := ReadSpec(specFile, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	app := newApp(t, spec, NewOptions{Version: "v1.0.0"})
	if !strings.Contains(string(app["internal/account/decide.go"]), "new(float64(c.Amount))") {
		t.Errorf("decide.go is\n%s", app["internal/account/decide.go"])
	}
}
