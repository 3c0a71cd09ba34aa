package cost

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/nexus-blueprint/nexus/catalog"
)

func TestZZ(t *testing.T) {
	c, err := catalog.Load(context.Background(), []string{"examples/orders/catalog"}, catalog.Options{FS: os.DirFS("..")})
	if err != nil {
		t.Fatal(err)
	}
	w := FromCatalog(c, TrafficOptions{})
	book, err := DefaultBook()
	if err != nil {
		t.Fatal(err)
	}
	e, err := Make(context.Background(), w, book, Options{Assumptions: DefaultAssumptions(), Catalog: c})
	if err != nil {
		t.Fatal(err)
	}
	o := e.Outcome(Declared)
	s, err := e.Sensitivities(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	claim := e.Claim(.73, o, s)
	for _, tb := range []any{e.Summary(), e.TypesTable(o), e.TypesTable(e.Outcome(Optimal)), e.ByTable(o, "consumer"), e.PathsTable(), SensitivityTable(o, s), e.ExplainTable(), BreakEvenTable(e.BreakEvens()), LinesTable(o)} {
		fmt.Printf("%+v\n\n", tb)
	}
	fmt.Println(claim.Verdict(), claim.Likely, claim.Deciding)
	sum := Money(0)
	for _, l := range o.Lines {
		sum += l.Cost
	}
	fmt.Println(sum, o.Total, sum == o.Total)
}
