package replay

import "github.com/expr-lang/expr/ast"

// A condition is an expression compiled to functions that look at slots and at
// the bytes of an event. It gives what the expression gives, or is not sure; then
// the expression itself must be asked.
//
// Only the shapes that guards and sums are written in are compiled: comparisons,
// and, or, not, in, len, arithmetic, and a choice, of places in the state, the
// event and the item, and of literals.
type condition func(*sight) (value operand, sure bool)

// A sight is what conditions look at: an event on its way into a row.
type sight struct {
	shard *shard
	row   []slot
	entry *entry
	item  []byte
}

// A conditionCompiler compiles the expressions of one type's operations.
type conditionCompiler struct {
	program *program
	field   func(Path) int // the number of a place in the data
	hasItem bool
}

// conditions compiles those of an operation. It is false when one has another
// shape.
func (c conditionCompiler) conditions(to *compactOp, o *op) bool {
	for _, x := range []struct {
		from    *Expr
		to      *condition
		hasItem bool
	}{{o.when, &to.when, false}, {o.where, &to.where, true}, {o.expr, &to.expr, false}} {
		if x.from == nil {
			continue
		}
		c.hasItem = x.hasItem
		if *x.to = c.compile(x.from.program.Node()); *x.to == nil {
			return false
		}
	}
	return true
}

// compile is nil for expressions of another shape.
func (c *conditionCompiler) compile(node ast.Node) condition {
	switch n := node.(type) {
	case *ast.NilNode:
		return literal(operand{})
	case *ast.BoolNode:
		return literal(truthOperand(n.Value))
	case *ast.IntegerNode:
		return literal(amountOperand(Decimal{small: int64(n.Value)}))
	case *ast.StringNode:
		return literal(operandOf(appendString(nil, []byte(n.Value))))
	case *ast.ConstantNode:
		return literalValue(n.Value)
	case *ast.IdentifierNode:
		if n.Value == "null" {
			return literal(operand{})
		}
		return c.place(node)
	case *ast.UnaryNode:
		return c.not(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.choice(n)
	case *ast.BuiltinNode:
		return c.size(n)
	case *ast.CallNode:
		return c.call(n)
	}
	return nil
}

func literal(v operand) condition {
	return func(*sight) (operand, bool) { return v, true }
}

// literalValue is an exact number, or an array of literals, which the language has
// made one value of.
func literalValue(value any) condition {
	if d, isNumber := value.(Decimal); isNumber {
		return literal(amountOperand(d))
	}
	list, isList := value.([]any)
	if !isList {
		return nil
	}
	text := []byte{'['}
	for i, element := range list {
		if i > 0 {
			text = append(text, ',')
		}
		var v operand
		switch element := element.(type) {
		case bool:
			v = truthOperand(element)
		case string:
			v = operandOf(appendString(nil, []byte(element)))
		default:
			d, err := number(element)
			if err != nil {
				return nil
			}
			v = amountOperand(d)
		}
		text = v.append(text)
	}
	return literal(operandOf(append(text, ']')))
}

func (c *conditionCompiler) not(n *ast.UnaryNode) condition {
	of := c.compile(n.Node)
	if of == nil || n.Operator != "!" && n.Operator != "not" {
		return nil
	}
	return func(s *sight) (operand, bool) {
		v, sure := of(s)
		return truthOperand(!v.truth), sure && v.kind == isTruth
	}
}

func (c *conditionCompiler) binary(n *ast.BinaryNode) condition {
	left, right := c.compile(n.Left), c.compile(n.Right)
	if left == nil || right == nil {
		return nil
	}
	switch n.Operator {
	case "&&", "and":
		return func(s *sight) (operand, bool) {
			v, sure := left(s)
			if !sure || v.kind != isTruth || !v.truth {
				return v, sure && v.kind == isTruth
			}
			return right(s)
		}
	case "||", "or":
		return func(s *sight) (operand, bool) {
			v, sure := left(s)
			if !sure || v.kind != isTruth || v.truth {
				return v, sure && v.kind == isTruth
			}
			return right(s)
		}
	case "??":
		return func(s *sight) (operand, bool) {
			if v, sure := left(s); !sure || v.kind != isNull {
				return v, sure
			}
			return right(s)
		}
	}
	return nil
}

func (c *conditionCompiler) choice(n *ast.ConditionalNode) condition {
	is, one, other := c.compile(n.Cond), c.compile(n.Exp1), c.compile(n.Exp2)
	if is == nil || one == nil || other == nil {
		return nil
	}
	return func(s *sight) (operand, bool) {
		v, sure := is(s)
		switch {
		case !sure || v.kind != isTruth:
			return v, false
		case v.truth:
			return one(s)
		}
		return other(s)
	}
}

func (c *conditionCompiler) size(n *ast.BuiltinNode) condition {
	if n.Name != "len" || len(n.Arguments) != 1 {
		return nil
	}
	of := c.compile(n.Arguments[0])
	if of == nil {
		return nil
	}
	return func(s *sight) (operand, bool) {
		v, sure := of(s)
		if !sure {
			return v, false
		}
		size, sure := sizeOperand(&v)
		return amountOperand(Decimal{small: int64(size)}), sure
	}
}

// call compiles an operator: they are calls of the functions in expr_value.go.
func (c *conditionCompiler) call(n *ast.CallNode) condition {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok || len(n.Arguments) != 2 {
		return nil
	}
	if callee.Value == "_member" {
		return c.place(n)
	}
	operate := operations[callee.Value]
	left, right := c.compile(n.Arguments[0]), c.compile(n.Arguments[1])
	if operate == nil || left == nil || right == nil {
		return nil
	}
	return func(s *sight) (operand, bool) {
		a, sureA := left(s)
		b, sureB := right(s)
		if !sureA || !sureB {
			return operand{}, false
		}
		return operate(&a, &b)
	}
}

// operations are the compiled forms of the functions of the same names.
var operations = map[string]func(a, b *operand) (operand, bool){
	"_eq": func(a, b *operand) (operand, bool) { same, sure := sameOperands(a, b); return truthOperand(same), sure },
	"_ne": func(a, b *operand) (operand, bool) {
		same, sure := sameOperands(a, b)
		return truthOperand(!same), sure
	},
	"_lt": func(a, b *operand) (operand, bool) {
		order, known, sure := orderOperands(a, b)
		return truthOperand(known && order < 0), sure
	},
	"_le": func(a, b *operand) (operand, bool) {
		order, known, sure := orderOperands(a, b)
		return truthOperand(known && order <= 0), sure
	},
	"_gt": func(a, b *operand) (operand, bool) {
		order, known, sure := orderOperands(a, b)
		return truthOperand(known && order > 0), sure
	},
	"_ge": func(a, b *operand) (operand, bool) {
		order, known, sure := orderOperands(a, b)
		return truthOperand(known && order >= 0), sure
	},
	"_in":  func(a, b *operand) (operand, bool) { is, sure := containsOperand(b, a); return truthOperand(is), sure },
	"_add": addOperands,
	"_sub": exact(func(a, b Decimal) (Decimal, error) { return a.Add(b.Neg()), nil }),
	"_mul": exact(func(a, b Decimal) (Decimal, error) { return a.Mul(b), nil }),
	"_div": exact(Decimal.Div),
	"_mod": exact(Decimal.Mod),
}

func exact(f func(a, b Decimal) (Decimal, error)) func(a, b *operand) (operand, bool) {
	return func(a, b *operand) (operand, bool) {
		x, okX := a.amount()
		y, okY := b.amount()
		if !okX || !okY {
			return operand{}, false
		}
		d, err := f(x, y)
		return amountOperand(d), err == nil
	}
}

var addAmounts = exact(func(a, b Decimal) (Decimal, error) { return a.Add(b), nil })

func addOperands(a, b *operand) (operand, bool) {
	if a.kind == isText && b.kind == isText {
		said := append(append([]byte(nil), a.text()...), b.text()...)
		return operand{kind: isText, said: said}, true
	}
	return addAmounts(a, b)
}
