package cmd

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/cost"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
)

func (a *app) costCommand() *cobra.Command {
	return group("cost", "Estimate what it costs to route events, and whether a claimed saving is true",
		a.costEstimateCommand(),
		a.costPricesCommand(),
	)
}

// bindPrices gives a command the flags that choose the price book.
func (a *app) bindPrices(c *cobra.Command) {
	c.Flags().String("prices", "", "a `FILE` of prices that stand before those nexus brings along")
	c.Flags().String("region", "us-east-1", "the `REGION` whose prices apply to the paths of AWS")
}

// priceBook is the book that nexus brings along, under the prices of --prices.
func (o *options) priceBook() (*cost.Book, []report.Input, error) {
	book, err := cost.DefaultBook()
	if err != nil {
		return nil, nil, err
	}
	name, err := o.get("cost.prices")
	if err != nil || name.text() == "" {
		return book, nil, err
	}
	file := name.text()
	text, err := os.ReadFile(o.app.abs(file))
	if err != nil {
		return nil, nil, o.app.missingFor("reading the prices", file)
	}
	d, err := document.Parse(file, text)
	if err != nil {
		return nil, nil, inDocument("reading the prices", err)
	}
	own, err := cost.ParseBook(d)
	if err != nil {
		return nil, nil, inDocument("reading the prices", err)
	}
	return own.Over(book), []report.Input{{Role: "prices", Ref: file}}, nil
}

// assumptions are the defaults, changed by nexus.yaml, then by --what-if.
func (o *options) assumptions() (cost.Assumptions, error) {
	a := cost.DefaultAssumptions()
	region, err := o.get("cost.region")
	if err != nil {
		return a, err
	}
	a.Region = region.text()
	changes, err := o.get("cost.what_if")
	if err != nil {
		return a, err
	}
	if len(changes.texts) == 0 {
		return a, nil
	}
	// As one list, so that a key that is given twice is found.
	if a, err = a.WhatIf(strings.Join(changes.texts, ",")); err != nil {
		return a, usage(fmt.Errorf("reading --what-if: %w", err))
	}
	return a, nil
}

// shareOf reads a share such as 73%, 73 or 0.5%, given to a flag in per cent. A
// number such as 0.73 without its sign is refused: it is far more often meant as 73 %
// than as less than one.
func shareOf(flag, text string) (float64, error) {
	plain, signed := strings.CutSuffix(strings.TrimSpace(text), "%")
	number, err := strconv.ParseFloat(strings.TrimSpace(plain), 64)
	if err != nil || number != number || number < -1e6 || number > 1e6 {
		return 0, usagef("reading --%s: %q is not a number of per cent", flag, text).hint("for example --%s 10%%", flag)
	}
	if size := math.Abs(number); !signed && 0 < size && size < 1 {
		return 0, usagef("reading --%s: %q may be a fraction, or less than one per cent", flag, text).
			hint("write --%s %s%%, or --%s %s%%", flag, percentText(100*number), flag, percentText(number))
	}
	return number / 100, nil
}

func percentText(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// costFailure says what an estimate could not be made of.
func costFailure(err error) error {
	if region, ok := errors.AsType[*cost.UnknownRegionError](err); ok {
		return usage(region).hint("prices for another region can be given with --prices")
	}
	return unchecked(err)
}
