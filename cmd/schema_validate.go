package cmd

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/document"
	"github.com/nexus-blueprint/nexus/report"
	"github.com/nexus-blueprint/nexus/schema"
	"github.com/nexus-blueprint/nexus/waiver"
)

func (a *app) schemaValidateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate SCHEMA FILE...",
		Short: "Validate documents against a schema; - reads one from standard input",
		Example: `  nexus schema validate OrderPlaced.schema.json examples/*.json
  curl -s localhost:8080/events/42 | nexus schema validate OrderPlaced.schema.json -`,
		Args: takes("SCHEMA", "FILE..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := a.newSchemaValidate(cmd, args[0], args[1:])
			if err != nil {
				return err
			}
			return v.run(cmd.Context())
		},
	}
	a.bindGate(c)
	f := c.Flags()
	f.String("formats", "assert", "check the keyword format: assert, draft (as the draft says) or ignore")
	f.String("draft", "7", "draft of a JSON Schema without $schema: 4, 6, 7, 2019-09 or 2020-12")
	f.StringArray("allow-remote", nil, "`HOST` from which a remote $ref may be fetched; repeatable")
	a.complete(c, "schema.formats")
	a.complete(c, "schema.draft")
	return c
}

// schemaValidate is one run of the command.
type schemaValidate struct {
	*gate
	judge  *judge
	schema string
	files  []string
	report *report.Report
}

// validated is one document in the report's data.
type validated struct {
	File  string `json:"file"`
	Valid bool   `json:"valid"`
}

func (a *app) newSchemaValidate(cmd *cobra.Command, schema string, files []string) (*schemaValidate, error) {
	o, err := a.options(cmd)
	if err != nil {
		return nil, err
	}
	v := &schemaValidate{schema: schema, files: files}
	if v.gate, err = a.newGate(o, "schema.fail_on"); err != nil {
		return nil, err
	}
	if v.judge, err = a.newJudge(v.options); err != nil {
		return nil, err
	}
	v.report = v.newReport("schema validate")
	return v, nil
}

// run is the road: load, check, waive, report, exit.
func (v *schemaValidate) run(ctx context.Context) error {
	if err := v.examine(ctx); err != nil {
		if err := v.fail(v.report, err); err != nil {
			return err
		}
	}
	v.report.Normalize()
	v.document(v.report)
	return v.finish(ctx, v.report)
}

func (v *schemaValidate) examine(ctx context.Context) error {
	r := v.report
	r.Data = map[string]any{"schema": v.schema, "documents": []validated{}}
	s, err := v.app.readSchema(ctx, v.schema)
	if err != nil {
		return err
	}
	r.Inputs = []report.Input{{Role: "baseline", Ref: v.schema, Resolved: s.File, Digest: s.Digest()}}
	validator, err := v.validator(s)
	if err != nil {
		r.Errors = append(r.Errors, problem(s.Subject, err))
		r.Headline = "nothing was validated: " + err.Error()
		return nil
	}
	list, unreadable := []validated{}, 0
	for _, file := range v.files {
		if ctx.Err() != nil {
			r.Errors = append(r.Errors, report.Problem{Code: "interrupted", Message: "interrupted before " + file})
			break
		}
		valid, err := v.file(ctx, file, s.Format, validator)
		if err != nil {
			return err
		}
		if valid == nil {
			unreadable++
			continue
		}
		list = append(list, *valid)
	}
	r.Data = map[string]any{"schema": s.File, "documents": list}
	if err := v.applyWaivers(r, nil, v.scope(list)); err != nil {
		return err
	}
	r.Headline = v.headline(list, unreadable)
	return nil
}

func (v *schemaValidate) validator(s schema.Schema) (schema.Validator, error) {
	engine, err := v.judge.engine(s.Format)
	if err != nil {
		return nil, err
	}
	parsed, err := engine.Parse(s)
	if err != nil {
		return nil, err
	}
	return parsed.Validator()
}

// file validates one document. It returns nil when the document could not be
// read, which is a problem in the report.
func (v *schemaValidate) file(ctx context.Context, name string, format schema.Format, validator schema.Validator) (*validated, error) {
	r := v.report
	text, shown, err := v.read(ctx, name)
	if err != nil {
		return nil, err
	}
	doc, err := document.Parse(shown, text)
	if err != nil {
		r.Errors = append(r.Errors, compat.DocumentProblem(shown, err))
		return nil, nil
	}
	r.Checked++
	r.Inputs = append(r.Inputs, report.Input{Role: "checked", Ref: name, Resolved: shown, Digest: schema.Schema{Text: text}.Digest()})
	check, findings := compat.Validate(v.app.family(format), doc, validator)
	r.Checks, r.Findings = append(r.Checks, check), append(r.Findings, findings...)
	return &validated{shown, check.Result == report.Pass}, nil
}

func (v *schemaValidate) read(ctx context.Context, name string) (text []byte, shown string, err error) {
	if name != "-" {
		text, err = v.app.readInput(name)
		return text, v.app.display(name), err
	}
	text, err = v.app.readStdin(ctx)
	return text, "stdin", err
}

// readStdin reads standard input until it ends or ctx does: somebody who forgot
// to type a document leaves with one interrupt.
func (a *app) readStdin(ctx context.Context) ([]byte, error) {
	type input struct {
		text []byte
		err  error
	}
	read := make(chan input, 1)
	go func() {
		text, err := io.ReadAll(io.LimitReader(a.stdin, document.MaxSize+1))
		read <- input{text, err}
	}()
	select {
	case <-ctx.Done():
		return nil, unchecked(fmt.Errorf("reading standard input: %w", ctx.Err()))
	case in := <-read:
		if in.err != nil {
			return nil, unchecked(fmt.Errorf("reading standard input: %w", in.err))
		}
		return in.text, nil
	}
}

// scope is the documents that were judged: nothing is learnt about the waivers
// of others.
func (v *schemaValidate) scope(list []validated) waiver.Scope {
	var s waiver.Scope
	for _, d := range list {
		s.Subjects = append(s.Subjects, d.File)
	}
	return s
}

func (v *schemaValidate) headline(list []validated, unreadable int) string {
	bad := 0
	for _, d := range list {
		if !d.Valid {
			bad++
		}
	}
	text := fmt.Sprintf("%s validated against %s: %d valid, %d invalid", report.Count(len(list), "document"), v.schema, len(list)-bad, bad)
	if unreadable > 0 {
		text += fmt.Sprintf(", %d unreadable", unreadable)
	}
	if left := len(v.files) - len(list) - unreadable; left > 0 {
		text += fmt.Sprintf(", %d %s", left, notReached)
	}
	return text
}
