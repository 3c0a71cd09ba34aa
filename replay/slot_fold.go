package replay

import (
	"errors"
	"fmt"
)

// A write is what one operation is going to do to a slot.
type write struct {
	slot   int
	kind   writeKind
	text   []byte  // of a text, an element or a list
	final  bool    // the text is canonical
	number Decimal // of a number
}

type writeKind uint8

const (
	writeNothing writeKind = iota // the slot's value is deleted
	writeText
	writeNumber
	writeElement // behind the others of the slot's list
	writeList
)

// errUnsure says that an event must be applied to a State: a condition did not
// know its value, or an operation fails in a way that only Reducer.Apply can say.
var errUnsure = errors.New("only the state can tell")

// fold does the operations of an event to a row. It first finds what all of them
// write: an event changes everything it should or nothing.
func (sh *shard) fold(row []slot, n *entry) (rule string, err error) {
	if n.program.plain && sh.foldPlain(row, n) {
		return "", nil
	}
	sh.writes, sh.made = sh.writes[:0], sh.made[:0]
	ops := n.program.ops
	for i := range ops {
		o := &ops[i]
		if o.when != nil {
			is, sure := o.when(&sight{shard: sh, row: row, entry: n})
			if !sure || is.kind != isTruth {
				return o.rule, errUnsure
			}
			if !is.truth {
				continue
			}
		}
		if err := sh.plan(row, o, n); err != nil {
			return o.rule, err
		}
	}
	for i := range sh.writes {
		sh.do(row, &sh.writes[i])
	}
	return "", nil
}

// foldPlain does the operations of a plain program when nothing can go wrong, as
// with most events: every value is there, the sums stay small, and what is added
// to is a number or a list already. It is false, with nothing done, when not.
func (sh *shard) foldPlain(row []slot, n *entry) bool {
	var sums [maxPlain]struct {
		number int64
		scale  int32
	}
	ops := n.program.ops
	for i := range ops {
		o := &ops[i]
		text, s, ok := o.value(n.values), &row[o.slot], true
		switch {
		case text == nil:
			return false
		case o.write == writeNumber:
			var amount int64
			var scale int32
			if amount, scale, ok = parseSmall(text); ok {
				number, its := s.decimal()
				sums[i].number, sums[i].scale, ok = addSmall(number, its, amount, scale)
			}
			ok = ok && s.kind == slotNumber
		case o.write == writeElement:
			ok = s.kind == slotList
		}
		if !ok {
			return false
		}
	}
	for i := range ops {
		o := &ops[i]
		s := &row[o.slot]
		switch o.write {
		case writeNumber:
			s.setDecimal(sums[i].number, sums[i].scale)
		case writeElement:
			sh.push(s, o.value(n.values), o.isFinal(n))
		default:
			sh.write(s, o.value(n.values))
		}
	}
	return true
}

// plan adds what an operation writes to the writes.
func (sh *shard) plan(row []slot, o *compactOp, n *entry) error {
	w := write{slot: o.slot}
	var err error
	switch o.kind {
	case OpDelete:
	case OpRemove:
		s := &row[o.slot]
		if s.kind <= slotGone || s.kind == slotRaw && sh.raw(s)[0] == 'n' {
			return nil
		}
		w.kind = writeList
		if w.text, err = sh.left(row, o, n); err != nil {
			return err
		}
	case OpAdd:
		w.kind = writeNumber
		if w.number, err = sh.total(row, o, n); err != nil {
			return err
		}
	case OpAppend:
		w.kind, w.final = writeElement, o.isFinal(n)
		if w.text, err = sh.valueOf(row, o, n); err != nil {
			return err
		}
		if err := sh.checkList(&row[o.slot]); err != nil {
			return fmt.Errorf("%s is %w", sh.program.paths[o.slot], err)
		}
	default:
		w.kind = writeText
		if w.text, err = sh.valueOf(row, o, n); err != nil {
			return err
		}
	}
	sh.writes = append(sh.writes, w)
	return nil
}

// valueOf is the text of an operation's value until the next event.
func (sh *shard) valueOf(row []slot, o *compactOp, n *entry) ([]byte, error) {
	if o.expr != nil {
		v, sure := o.expr(&sight{shard: sh, row: row, entry: n})
		if !sure || v.kind == isArray && isList(v.raw) {
			return nil, errUnsure
		}
		return sh.textOf(&v), nil
	}
	text := o.value(n.values)
	if text == nil {
		return nil, fmt.Errorf("%s: %w", o.data, errNoData)
	}
	return text, nil
}

// textOf is the JSON text of an operand until the next event.
func (sh *shard) textOf(v *operand) []byte {
	from := len(sh.made)
	if v.raw != nil {
		sh.made = append(sh.made, v.raw...) // a slot's text, which an operation before this one may replace
	} else {
		sh.made = v.append(sh.made)
	}
	return sh.made[from:len(sh.made):len(sh.made)]
}

// total is what an addition makes of its slot.
func (sh *shard) total(row []slot, o *compactOp, n *entry) (sum Decimal, err error) {
	if o.expr != nil {
		v, sure := o.expr(&sight{shard: sh, row: row, entry: n})
		amount, ok := v.amount()
		if !sure || !ok {
			return sum, errUnsure
		}
		sum, err = sh.before(row, o)
		sum = sum.Add(amount)
	} else {
		text, missing := sh.valueOf(row, o, n)
		switch {
		case missing != nil:
			return sum, missing
		case !o.again:
			sum, err = sh.sum(&row[o.slot], text)
		default:
			var amount Decimal
			if sum, err = sh.before(row, o); err == nil {
				amount, err = numberIn(text)
			}
			sum = sum.Add(amount)
		}
	}
	if err != nil {
		return sum, fmt.Errorf("%s: %w", sh.program.paths[o.slot], err)
	}
	return sum, nil
}

// before is the number that an operation finds in its slot: what one before it
// is going to write there, or what is there.
func (sh *shard) before(row []slot, o *compactOp) (Decimal, error) {
	for i := len(sh.writes) - 1; i >= 0; i-- {
		if w := &sh.writes[i]; w.slot == o.slot {
			if w.kind == writeText {
				return numberOrNull(w.text)
			}
			return w.number, nil // 0 when it was deleted
		}
	}
	return sh.number(&row[o.slot])
}

// left is the list of the elements that an operation does not remove.
func (sh *shard) left(row []slot, o *compactOp, n *entry) ([]byte, error) {
	s := &row[o.slot]
	if err := sh.checkList(s); err != nil {
		return nil, fmt.Errorf("%s is %w", sh.program.paths[o.slot], err)
	}
	var unwanted []byte
	if o.where == nil {
		var err error
		if unwanted, err = sh.valueOf(row, o, n); err != nil {
			return nil, err
		}
	}
	from := len(sh.made)
	look := sight{shard: sh, row: row, entry: n}
	for element := range elementsOf(sh.raw(s)) {
		if o.where == nil {
			if sameTexts(element, unwanted) {
				continue
			}
		} else {
			look.item = element
			is, sure := o.where(&look)
			if !sure || is.kind != isTruth {
				return nil, errUnsure
			}
			if is.truth {
				continue
			}
		}
		sh.made = append(append(sh.made, element...), ',')
	}
	return sh.made[from:len(sh.made):len(sh.made)], nil
}

// do writes to a slot.
func (sh *shard) do(row []slot, w *write) {
	s := &row[w.slot]
	switch w.kind {
	case writeNothing:
		s.kind = min(s.kind, slotGone)
	case writeText:
		sh.write(s, w.text)
	case writeNumber:
		sh.setNumber(s, w.number)
	case writeElement:
		sh.push(s, w.text, w.final)
	case writeList:
		s.final = s.final && s.kind == slotList
		s.kind, s.short = slotList, false
		sh.put(s, w.text)
	}
}

// value is what an operation writes when no expression says it; nil is missing.
func (o *compactOp) value(values [][]byte) []byte {
	if o.field < 0 || values[o.field] == nil && o.text != nil {
		return o.text
	}
	return values[o.field]
}

// isFinal reports whether the operation's value has its canonical text.
func (o *compactOp) isFinal(n *entry) bool {
	return o.field >= 0 && o.field < 64 && n.canonical>>o.field&1 == 1
}

// applyState lets a State do what a row could not, and makes it a row again.
func (sh *shard) applyState(i int32, n *entry) error {
	state, err := sh.state(i)
	if err != nil {
		return err
	}
	if _, err := sh.program.reducer.Apply(state, n.event); err != nil {
		return err
	}
	row := sh.row(i)
	for slot, path := range sh.program.paths {
		value, found := path.in(state.root)
		if !found {
			row[slot].kind = min(row[slot].kind, slotGone)
			continue
		}
		sh.write(&row[slot], appendJSON(nil, value))
	}
	return nil
}
