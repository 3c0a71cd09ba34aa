package cost

import "math"

// A climber looks for the prices with the highest bound. The bound is concave
// in the prices and has edges everywhere, so that its slope alone leads back and
// forth across an edge. Shor's r-algorithm stretches the space across the edges
// that it meets, which makes the way along them the steep one.
type climber struct {
	search *search
	node   *searchNode
	e      *evaluation

	at     []float64 // prices in units, as far as the climb has come
	unit   []float64
	steep  []float64 // the slope back from prices below 0, greater than any of the bound's
	prices []float64 // those of at, in dollars

	stretch []float64 // the matrix from the stretched space, row by row
	slope   []float64
	next    []float64 // the slope after a move
	image   []float64 // of a slope in the stretched space
	way     []float64 // one unit uphill
}

// stretching is by how much the space shrinks across an edge.
const stretching = 2.5

// The first strides of a climb, as shares of what a step of a pool costs: the
// prices of a parent are near those of its children.
const (
	rootStride = 0.1
	stepStride = 0.05
	typeStride = 0.02
)

func newClimber(s *search, n *searchNode) *climber {
	m := s.model
	c := &climber{search: s, node: n, e: newEvaluation(m, len(n.core))}
	for _, v := range []*[]float64{&c.at, &c.unit, &c.steep, &c.prices, &c.slope, &c.next, &c.image, &c.way} {
		*v = make([]float64, m.dims)
	}
	for k := range m.pools {
		pool := &m.pools[k]
		for d := pool.at; d < pool.at+pool.dims; d++ {
			c.unit[d] = pool.unit()
			c.steep[d] = 2 * float64(pool.most+1) * c.unit[d]
			c.at[d] = n.prices[d] / c.unit[d]
		}
	}
	c.stretch = make([]float64, m.dims*m.dims)
	for d := range m.dims {
		c.stretch[d*m.dims+d] = 1
	}
	return c
}

// unit is what prices of a pool are measured in, so that dear and cheap pools
// move alike.
func (p *sharedPool) unit() float64 {
	if c := p.Step + p.Base/float64(max(1, p.most)); c > 0 {
		return c
	}
	return 1
}

// ascend raises the bound of a node, and leaves its best prices in the node. It
// ends after the rounds, when the node is closed, or when the last rounds did
// little to close it. Every evaluation is also an assignment, which is offered.
func (s *search) ascend(n *searchNode, rounds int, stride float64) {
	c := newClimber(s, n)
	if c.look(c.slope) {
		return
	}
	window := 60 + 2*s.model.dims
	checked, mark := 0, n.bound
	for rounds > 0 && c.aim(stride) {
		moves, closed := c.climb(&stride, rounds)
		if closed {
			return
		}
		rounds -= moves
		c.dilate()
		if checked += moves; checked >= window {
			if !math.IsInf(s.best, 1) && n.bound-mark < 0.02*(s.best-n.bound) {
				return
			}
			checked, mark = 0, n.bound
		}
	}
}

// look evaluates the node where the climber stands, or at the nearest prices
// that are not negative, and reports whether that closes the node.
func (c *climber) look(slope []float64) (closed bool) {
	s, n := c.search, c.node
	for d, v := range c.at {
		c.prices[d] = max(0, v) * c.unit[d]
	}
	s.work += s.model.evaluate(n, c.prices, c.e) + len(c.stretch)/4
	s.offer(n, c.e)
	for d, v := range c.at {
		slope[d] = c.e.slope[d] * c.unit[d]
		if v < 0 {
			slope[d] = c.steep[d]
		}
	}
	if c.e.bound > n.bound {
		n.bound = c.e.bound
		copy(n.prices, c.prices)
	}
	return s.closed(n.bound)
}

// aim finds the way uphill in the stretched space; false at the summit.
func (c *climber) aim(stride float64) bool {
	size := len(c.at)
	norm := c.project(c.slope)
	if norm < 1e-24 {
		return false
	}
	norm = math.Sqrt(norm)
	length := 0.0
	for row := range size {
		v := 0.0
		for col, b := range c.stretch[row*size : (row+1)*size] {
			v += b * c.image[col]
		}
		c.way[row] = v / norm
		length += c.way[row] * c.way[row]
	}
	return stride*math.Sqrt(length) > 1e-10
}

// project finds the image of a slope in the stretched space, and its length
// squared.
func (c *climber) project(slope []float64) (squared float64) {
	size := len(slope)
	clear(c.image)
	for row, v := range slope {
		for col, b := range c.stretch[row*size : (row+1)*size] {
			c.image[col] += b * v
		}
	}
	for _, v := range c.image {
		squared += v * v
	}
	return squared
}

// climb goes on until the way leads downhill. Long ways lengthen the stride and
// a way that is too long at once shortens it.
func (c *climber) climb(stride *float64, rounds int) (moves int, closed bool) {
	for moves < rounds {
		for d, w := range c.way {
			c.at[d] += *stride * w
		}
		moves++
		if c.look(c.next) {
			return moves, true
		}
		rise := 0.0
		for d, w := range c.way {
			rise += c.next[d] * w
		}
		if rise <= 0 {
			break
		}
		if moves%2 == 0 {
			*stride *= 1.3
		}
	}
	if moves == 1 {
		*stride *= 0.9
	}
	return moves, false
}

// dilate stretches the space across the edge between the last two slopes.
func (c *climber) dilate() {
	size := len(c.at)
	for d, v := range c.next {
		c.slope[d] = v - c.slope[d]
	}
	if squared := c.project(c.slope); squared > 0 {
		for row := range size {
			own := c.stretch[row*size : (row+1)*size]
			v := 0.0
			for col, b := range own {
				v += b * c.image[col]
			}
			v *= (1/stretching - 1) / squared
			for col := range own {
				own[col] += v * c.image[col]
			}
		}
	}
	c.slope, c.next = c.next, c.slope
}
