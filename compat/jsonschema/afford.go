package jsonschema

// affordable reports whether the library can judge a value in bounded time. It
// applies every schema each time it comes to it, whatever the others have said,
// and references can fan out until there are more than anybody can wait for.
func (n *node) affordable(v any) bool {
	e := estimate{left: maxJudgements}
	return e.visits(n, v, map[*node]int{}) <= maxJudgements
}

// estimate counts how many schemas the library would apply.
type estimate struct {
	left int // visits that may still be looked at
}

// visits is how often schemas are applied to a value and its parts when n is
// applied to it, at most one more than maxJudgements. known are the counts of
// the schemas in place; one that is asked about while it is being counted is a
// loop, at which the library ends.
func (e *estimate) visits(n *node, v any, known map[*node]int) int {
	n = n.follow()
	if count, ok := known[n]; ok {
		return count
	}
	known[n] = 0
	if e.left--; e.left < 0 {
		return maxJudgements + 1
	}
	count := 1
	for _, sub := range n.inPlace() {
		count = min(count+e.visits(sub, v, known), maxJudgements+1)
	}
	each := func(sub *node, part any) {
		if sub != nil {
			count = min(count+e.visits(sub, part, map[*node]int{}), maxJudgements+1)
		}
	}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			each(n.item(i), item)
			each(n.contains, item)
		}
	case map[string]any:
		for name, member := range v {
			applied, _ := n.property(name)
			for _, sub := range applied {
				each(sub, member)
			}
			each(n.propNames, name)
		}
	}
	known[n] = count
	return count
}
