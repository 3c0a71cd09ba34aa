package jsonschema

// combination compares two combinations: their criteria, then how many branches
// they have, then whether the branches can be paired.
func (c *confluent) combination(o *outcome, old, next *model) {
	if !criterionMayBecome(old, next) {
		c.refuse(o, "combined-type-changed", old, next, "", "the schema was %s and is %s", old.words(), next.words())
		return
	}
	before, after := len(old.branches), len(next.branches)
	switch {
	case after > before && next.criterion == "allOf":
		c.refuse(o, "product-type-extended", old, next, next.branchKeyword(), "allOf grew from %d to %d branches", before, after)
	case after < before && old.criterion != "allOf":
		c.refuse(o, "sum-type-narrowed", old, next, next.branchKeyword(), "%s shrank from %d to %d branches", old.criterion, before, after)
	}
	if lonely := c.unpaired(old.branches, next.branches); lonely != nil {
		c.refuse(o, "combined-type-subschemas-changed", old, next, next.branchKeyword(),
			"the branches of the two versions cannot be paired so that each new one accepts its old one; %s is left over", lonely.words())
	}
}

// criterionMayBecome reports whether the registry lets one criterion turn into
// the other: any into "anyOf", and what means the same while there is one branch.
func criterionMayBecome(old, next *model) bool {
	oldSingle, nextSingle := len(old.branches) == 1, len(next.branches) == 1
	return old.criterion == next.criterion || next.criterion == "anyOf" ||
		oldSingle && (nextSingle || next.criterion == "oneOf") ||
		old.criterion == "allOf" && nextSingle
}

// branchKeyword is the keyword that lists the branches.
func (m *model) branchKeyword() string {
	switch {
	case m.written:
		return m.criterion
	case m.criterion == "anyOf":
		return "type"
	}
	return ""
}

// unpaired looks for a pairing that covers the shorter of two lists, each next
// accepting its old, and returns a branch that finds no partner, nil when all do.
func (c *confluent) unpaired(old, next []*model) *model {
	shorter, longer := old, next
	accepts := c.accepts
	if len(next) < len(old) {
		shorter, longer = next, old
		accepts = func(a, b *model) bool { return c.accepts(b, a) }
	}
	p := &pairing{longer: longer, partner: make([]*model, len(longer)), accepts: accepts, spend: c.spend}
	for i, branch := range shorter {
		p.tried = make([]bool, len(longer))
		p.preferred = i
		if !p.place(branch) {
			return branch
		}
	}
	return nil
}

// pairing is a matching between two lists of branches, made by augmenting paths.
type pairing struct {
	longer    []*model
	partner   []*model // of each in longer, nil while it is free
	tried     []bool
	preferred int // most branches stay where they were
	accepts   func(shorter, longer *model) bool
	spend     func() bool
}

// place finds a partner for a branch, moving others to new ones if need be.
func (p *pairing) place(branch *model) bool {
	for step := range p.longer {
		i := (p.preferred + step) % len(p.longer)
		if !p.spend() {
			return false
		}
		if p.tried[i] || !p.accepts(branch, p.longer[i]) {
			continue
		}
		p.tried[i] = true
		if p.partner[i] == nil || p.place(p.partner[i]) {
			p.partner[i] = branch
			return true
		}
	}
	return false
}
