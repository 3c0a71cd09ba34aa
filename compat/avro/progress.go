package avro

import "context"

// progress counts the work of a comparison, and tells its loops to give up when
// the run is interrupted. What they have found by then is worth nothing: whoever
// starts them asks for err.
type progress struct {
	ctx   context.Context
	steps int
	err   error // why they give up, or nil
}

// stepsPerLook is how many steps are taken between two looks at the context.
const stepsPerLook = 64

// stopped takes a step and reports whether to give up.
func (p *progress) stopped() bool {
	if p.steps++; p.steps%stepsPerLook == 0 {
		return p.interrupted()
	}
	return p.err != nil
}

// interrupted looks at the context at once, before a long step.
func (p *progress) interrupted() bool {
	if p.err == nil {
		p.err = p.ctx.Err()
	}
	return p.err != nil
}

// unstoppable is the progress of work that nobody interrupts.
func unstoppable() *progress { return &progress{ctx: context.Background()} }
