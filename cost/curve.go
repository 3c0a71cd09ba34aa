package cost

// knots are the volumes at which uses are quoted. What is used is no multiple of
// the volume: requests fill up as it grows, and idle queues are polled less. The
// ends of what a declared rate may be are knots of their own.
var knots = [...]float64{0, 0.25, 0.5, 1 / declaredFactor, 1, declaredFactor, 2, 4}

// A curve is a quantity at each of the knots.
type curve [len(knots)]float64

// at is the quantity at a volume: on a straight line between two knots, and in
// proportion to the volume beyond the last.
func (c *curve) at(volume float64) float64 {
	last := len(knots) - 1
	if volume >= knots[last] {
		return c[last] * (volume / knots[last])
	}
	n := 1
	for knots[n] <= volume {
		n++
	}
	// The conversion keeps the product from being fused with the sum.
	return c[n-1] + float64((volume-knots[n-1])/(knots[n]-knots[n-1])*(c[n]-c[n-1]))
}

// add adds a share of another curve.
func (c *curve) add(other *curve, share float64) {
	for n := range c {
		c[n] += float64(other[n] * share)
	}
}

// A figureCurve is how much is used of one figure.
type figureCurve struct {
	figure *Figure
	curve
}

// curvesOf quotes traffic on a path at every knot.
func (p *Path) curvesOf(t *Traffic) []figureCurve {
	var list []figureCurve
	for n, volume := range knots {
		scaled := *t
		scaled.Rate *= volume
		scaled.Peak.Records *= volume
		scaled.Peak.Bytes *= volume
		for _, use := range p.uses(&scaled) {
			curveOf(&list, use.Figure)[n] += use.Quantity
		}
	}
	return list
}

// curveOf is the curve of a figure, which is added to the list when it is new.
func curveOf(list *[]figureCurve, f *Figure) *curve {
	for i := range *list {
		if (*list)[i].figure == f {
			return &(*list)[i].curve
		}
	}
	*list = append(*list, figureCurve{figure: f})
	return &(*list)[len(*list)-1].curve
}

// uses are those of a Quote, without notes.
func (p *Path) uses(t *Traffic) []Use {
	if len(p.needed) > 0 {
		return nil
	}
	m := p.measurements(t)
	q := Quote{Fill: m.fill, silent: true}
	p.measure(m, &q)
	return q.Uses
}
