package cmd

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/cost"
)

func (a *app) costPricesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "prices",
		Short: "List every price that estimates use, where it comes from and how old it is",
		Long: `Prices are list prices in US dollars. The confidence is A for the provider's price feed, B
for its pages, C for second hand, D for unverified.`,
		Example: `  nexus cost prices --region us-east-1
  nexus cost prices --prices own.yaml --format json`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.viewerFormat(cmd)
			if err != nil {
				return err
			}
			o, err := a.options(cmd)
			if err != nil {
				return err
			}
			book, _, err := o.priceBook()
			if err != nil {
				return err
			}
			asOf, err := a.date(flagText(cmd.Flags(), "as-of"))
			if err != nil {
				return err
			}
			figures := book.Figures()
			if cmd.Flags().Changed("region") {
				region := flagText(cmd.Flags(), "region")
				if err := oneOf("region", region, book.Regions()); err != nil {
					return err
				}
				figures = nil
				for _, f := range book.Figures() {
					if f.Region == region {
						figures = append(figures, f)
					}
				}
			}
			if format == "json" {
				return writeJSON(a.stdout, listedPrices{asOf.Format(time.DateOnly), listPrices(figures, asOf)})
			}
			return a.printPrices(figures, asOf)
		},
	}
	a.bindViewer(c)
	a.bindPrices(c)
	c.Flags().String("as-of", "", "the `DATE` that ages are counted to (default: today)")
	return c
}

// listedPrices is the answer in JSON.
type listedPrices struct {
	AsOf    string        `json:"as_of"` // that ages are counted to
	Figures []listedPrice `json:"figures"`
}

// listedPrice is one figure of the answer in JSON.
type listedPrice struct {
	Region     string       `json:"region"`
	Name       string       `json:"name"`
	Unit       string       `json:"unit"`
	Price      string       `json:"price"` // dollars a unit, of the first tier
	Tiers      []listedTier `json:"tiers"`
	Confidence string       `json:"confidence"`
	Sources    []string     `json:"sources"`
	Date       *string      `json:"date"` // null when no source bears one
	AgeDays    *int         `json:"age_days"`
	Note       string       `json:"note"`
}

type listedTier struct {
	To    *float64 `json:"to"` // null: no end
	Price string   `json:"price"`
}

func listPrices(figures []*cost.Figure, asOf time.Time) []listedPrice {
	list := []listedPrice{}
	for _, f := range figures {
		p := listedPrice{Region: f.Region, Name: f.Name, Unit: f.Unit, Price: f.Price, Tiers: []listedTier{}, Confidence: f.Confidence, Sources: append([]string{}, f.Sources...), Note: f.Note}
		for i, tier := range f.Tiers {
			one := listedTier{Price: tier.Price}
			if i < len(f.Tiers)-1 {
				one.To = &tier.To
			}
			p.Tiers = append(p.Tiers, one)
		}
		if age, dated := f.Age(asOf); dated {
			date, days := f.Date.Format(time.DateOnly), int(age.Hours()/24)
			p.Date, p.AgeDays = &date, &days
		}
		list = append(list, p)
	}
	return list
}

func (a *app) printPrices(figures []*cost.Figure, asOf time.Time) error {
	rows := [][]string{{"region", "figure", "price", "unit", "confidence", "age"}}
	for _, f := range figures {
		age := "no date"
		if old, dated := f.Age(asOf); dated {
			age = fmt.Sprintf("%d days", int(old.Hours()/24))
		}
		price := "$" + f.Price
		if len(f.Tiers) > 1 {
			price += " and less"
		}
		rows = append(rows, []string{f.Region, f.Name, price, f.Unit, f.Confidence, age})
	}
	_, err := fmt.Fprint(a.stdout, columns(rows))
	return err
}
