package cmd

import (
	"context"
	"errors"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/registry"
)

// demandAnswers refuses --ask-registry where nobody could answer.
func (c *schemaCheck) demandAnswers() error {
	switch {
	case !c.asking || c.baseline.ask != nil:
		return nil
	case c.baseline.mute != "":
		return usagef("asking %s for its verdict: %s", c.baseline.ref, c.baseline.mute).
			hint("--profile glue predicts what it will answer")
	}
	return usagef("asking %s for its verdict: it is no schema registry", c.baseline.ref).
		hint("--ask-registry goes with --against confluent:URL")
}

// askRegistry lets the registry judge the step itself, and reports where its
// answer is not what the profile predicts, or not the truth. The registry goes by
// its own level, so the result at another one is no measure for it.
func (c *schemaCheck) askRegistry(ctx context.Context, o *outcome, s step, result *compat.Result, l levels) {
	answer, err := c.answer(ctx, s)
	if err != nil {
		o.fail(s.next.Subject, err)
		return
	}
	if l.demanded != "" && l.demanded != l.inForce {
		if result, err = c.compare(ctx, s, l.demanded); err != nil {
			o.fail(s.next.Subject, err)
			return
		}
	}
	if f := result.Disagreement(answer, c.judge.profile.Predicts("confluent")); f != nil {
		o.findings = append(o.findings, *f)
	}
}

// answer is what the registry says of a step. It refuses a schema that it finds
// malformed as well. What the schema refers to is named as the latest version
// names it, unless the schema brings its own references.
func (c *schemaCheck) answer(ctx context.Context, s step) (compat.Answer, error) {
	asked := s.next
	asked.Subject = s.latest().Subject
	if len(asked.References) == 0 {
		asked.References = s.latest().References
	}
	accepts, reasons, err := c.baseline.ask(ctx, asked)
	if known, ok := errors.AsType[*registry.Error](err); ok && known.Code == registry.CodeInvalid {
		accepts, reasons, err = false, []string{known.Message}, nil
	}
	return compat.Answer{Registry: c.baseline.ref, Accepts: accepts, Reasons: reasons}, err
}
