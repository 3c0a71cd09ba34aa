package jsonschema

// text solves the facts of a branch for strings.
func (b *branch) text() (any, status) {
	w := wish{max: -1, not: map[string]bool{}}
	for _, n := range b.holds {
		w.min = max(w.min, n.minLength)
		w.atMost(n.maxLength)
		if n.pattern != nil {
			w.match = append(w.match, n.pattern)
		}
		w.formats = append(w.formats, n.formats...)
	}
	for _, f := range b.facts {
		switch f.op {
		case tooShort:
			w.atMost(f.owner.minLength - 1)
		case tooLong:
			w.min = max(w.min, f.owner.maxLength+1)
		case noMatch:
			w.avoid = append(w.avoid, f.at)
		case notFormat:
			w.failing = append(w.failing, f.format)
		case notIn:
			for _, v := range f.set.values {
				if text, ok := v.(string); ok {
					w.not[text] = true
				}
			}
		}
	}
	text, is := b.solver.find(w)
	if is != sat {
		return nil, is
	}
	return text, sat
}

func (w *wish) atMost(length int) {
	if length >= 0 && (w.max < 0 || length < w.max) {
		w.max = length
	}
}
